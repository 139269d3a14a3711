// optimistic: descent that expects the next gradient to change as the last one did.   Daskalakis, Ilyas,
// Syrgkanis and Zeng 2017, arXiv:1711.00141
//   u  = (alpha + beta) g - beta l,   l <- g     scope element     state l
// In the first update l is g, so that u = alpha g (optax). Exact: 0 stays 0.
struct Optimistic {
  static constexpr Option kOptions[] = {
      scalar_option("alpha", "1", kNotNegative, "weight of the gradient"),
      scalar_option("beta", "1", kNotNegative, "weight of its change since the last one")};
  static constexpr std::string_view kState[] = {"l"};
  static constexpr Card kCard{"optimistic", "descent that expects the gradient to go on changing",
                              "Daskalakis et al. 2017, arXiv:1711.00141", kOptions, false};

  static double prepare(const Moment& now, Coefs& c) {
    const double beta = now.t == 1 ? 0.0 : now.o[1];
    c = {now.o[0] + beta, beta};
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const hn::TFromD<D>* c) {
    const V u = hn::Sub(hn::Mul(hn::Set(d, c[0]), g), hn::Mul(hn::Set(d, c[1]), s[0]));
    s[0] = g;
    return u;
  }
};
THALWEG_TRANSFORM(Optimistic)
