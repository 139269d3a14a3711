struct Adabound {
  static constexpr std::string_view kFormula = R"(
    m <- beta1 m + (1 - beta1) g,   v <- beta2 v + (1 - beta2) g^2
    r  = rate sqrt(c2) / c1 / (sqrt(v + eps_root) + eps),   c1 = 1 - beta1^t, c2 = 1 - beta2^t
    u  = m min(max(r, F - F / (gamma t + 1)), F + F / (gamma t)),   F = final_lr rate / peak
    rate is the product of the rates to its right, which act inside; peak is its highest value
    amsgrad: vmax <- max(vmax, v) takes the place of v
    state m v, zeros; vmax with amsgrad; reads g m v, writes u m v; 0 stays 0
  )";
  static constexpr Option kOptions[] = {
      beta1_option("0.9"),
      beta2_option("0.999"),
      eps_option("1e-8"),
      eps_root_option("0", "added inside the root"),
      scalar_option("final_lr", "0.1", kNotNegative, "the final rate"),
      scalar_option("gamma", "0.001", kPositive, "how fast the bounds close in"),
      amsgrad_option()};
  static constexpr std::string_view kState[] = {"m", "v", "vmax"};
  static constexpr Names kVariants[] = {{kState, 2}, kState};  // without and with amsgrad
  static constexpr Correction kCorrected[] = {{"m", "beta1"}, {"v", "beta2"}, {"vmax", "beta2"}};
  static constexpr Card kCard{"adabound", "Adam whose element-wise rates converge to one rate",
                              "Luo et al. 2019, arXiv:1902.09843", kOptions, false};

  static bool needs_rates(Numbers) { return true; }
  static bool rate_inside(Numbers) { return true; }
  static std::size_t variant(Numbers o) { return option_of<Adabound, "amsgrad">(o) ? 1 : 0; }
  template <class T>
  struct Prepared {
    Kept<T> m, v;
    T eps_root, eps, rate, low, high;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [beta1, beta2, eps, eps_root, final_lr, gamma, amsgrad] = options_of<Adabound>(now);
    const double root = std::sqrt(one_minus_power(beta2, now.t)), gone = gamma * static_cast<double>(now.t);
    const double end = now.peak > 0.0 ? final_lr * now.rate / now.peak : 0.0;
    c.m = kept(beta1), c.v = kept(beta2), c.eps_root = eps_root, c.eps = eps;
    c.rate = now.rate * root / one_minus_power(beta1, now.t);
    c.low = end * (1.0 - 1.0 / (gone + 1.0));
    c.high = end > 0.0 ? std::fmin(end * (1.0 + 1.0 / gone), std::numeric_limits<double>::max()) : 0.0;
    return 1.0;
  }
  template <std::size_t kVariant, class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const auto& c) {
    const V m = s[0] = average(s[0], g, c.m);
    V v = s[1] = average_square(s[1], g, c.v);
    if constexpr (kVariant == 1) v = s[2] = greater_of(s[2], v);
    const V rate = unbounded_ratio_of(d, c.rate, hn::Add(hn::Sqrt(hn::Add(v, c.eps_root)), c.eps));
    return hn::Mul(bounded(rate, c.low, c.high), m);
  }
};
THALWEG_TRANSFORM(Adabound)
