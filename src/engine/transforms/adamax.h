struct Adamax {
  static constexpr std::string_view kFormula = R"(
    m <- beta1 m + (1 - beta1) g
    n <- max(|g| + eps, beta2 n)
    u  = (m / c1) / n,   c1 = 1 - beta1^t; 1 without bias_correction (MLX)
    eps_place: inside the maximum as above (torch, optax), or outside (Keras, ensmallen):
    n <- max(|g|, beta2 n), and u divides by n + eps
    state m n, zeros; reads g m n, writes u m n; 0 stays 0
  )";
  static constexpr Option kOptions[] = {
      beta1_option("0.9"), share_kept("beta2", "0.999", "share of the largest gradient that is kept"),
      eps_option("1e-8"),
      choice_option("eps_place", "inside|outside", "inside",
                    "eps is added to the gradient inside the maximum, or to the maximum"),
      correction_option()};
  static constexpr DialectDefault kDialects[] = {
      {"keras", "eps", "1e-7"}, {"keras", "eps_place", "outside"}, {"paper", "eps", "0"}};
  static constexpr std::string_view kState[] = {"m", "n"};
  static constexpr Correction kCorrected[] = {{"m", "beta1"}};
  static bool corrects(Numbers o, std::string_view) { return option_of<Adamax, "bias_correction">(o); }
  static constexpr Card kCard = Card("adamax", "Adam with the largest recent gradient as the denominator",
                                     "Kingma and Ba 2014, arXiv:1412.6980", kOptions, false, kDialects);

  template <class T>
  struct Prepared {
    Kept<T> m;
    T keep_n, inside, outside;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [beta1, beta2, eps, eps_place, bias_correction] = options_of<Adamax>(now);
    const bool inside = eps_place == "inside";
    c = {kept(beta1), beta2, inside ? eps : 0.0, inside ? 0.0 : eps};
    return 1.0 / (bias_correction ? one_minus_power(beta1, now.t) : 1.0);
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const auto& c) {
    V &m = s[0], &n = s[1];
    m = average(m, g, c.m);
    n = greater_of(hn::Add(hn::Abs(g), c.inside), hn::Mul(c.keep_n, n));
    return ratio_of(d, m, hn::Add(n, c.outside));
  }
};
THALWEG_TRANSFORM(Adamax)
