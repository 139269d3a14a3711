struct Optimistic {
  static constexpr std::string_view kFormula = R"(
    u  = (alpha + beta) g - beta l,   l <- g
    in the first update l is g, so that u = alpha g (optax)
    state l; reads g l, writes u l; 0 stays 0
  )";
  static constexpr Option kOptions[] = {
      scalar_option("alpha", "1", kNotNegative, "weight of the gradient"),
      scalar_option("beta", "1", kNotNegative, "weight of its change since the last one")};
  static constexpr std::string_view kState[] = {"l"};
  static constexpr Card kCard{"optimistic", "descent that extrapolates the change of the gradient",
                              "Daskalakis et al. 2017, arXiv:1711.00141", kOptions, false};

  template <class T>
  struct Prepared {
    T of_gradient, of_last;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [alpha, beta] = options_of<Optimistic>(now);
    c.of_last = now.t == 1 ? 0.0 : beta;
    c.of_gradient = alpha + c.of_last;
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D, V g, V* s, const auto& c) {
    V& last = s[0];
    const V u = hn::Sub(hn::Mul(c.of_gradient, g), hn::Mul(c.of_last, last));
    last = g;
    return u;
  }
};
THALWEG_TRANSFORM(Optimistic)
