struct Adabelief {
  static constexpr std::string_view kFormula = R"(
    m <- beta1 m + (1 - beta1) g
    v <- beta2 v + (1 - beta2) (g - m)^2 + eps_root
    u  = (m / c1) / (sqrt(v / c2) + eps),   c1 = 1 - beta1^t and c2 = 1 - beta2^t
    eps_root stays in v, so that it adds up, as in the paper, optax and TensorFlow Addons
    amsgrad: vmax <- max(vmax, v) takes the place of v
    rectify: u is l(r) times that where r >= threshold, else m / c1, with r and l of radam
    (TensorFlow Addons; on by default in the authors' code)
    state m v, zeros; vmax with amsgrad; reads g m v, writes u m v; 0 stays 0
  )";
  static constexpr Option kOptions[] = {
      beta1_option("0.9"),
      share_kept("beta2", "0.999", "share of the average squared surprise that is kept"),
      eps_option("1e-16"),
      eps_root_option("1e-16", "added to the average square in every update, and kept there"),
      amsgrad_option(),
      flag_option("rectify", "false", "divide only once the average square covers enough updates"),
      needing("rectify", threshold_option())};
  static constexpr std::string_view kState[] = {"m", "v", "vmax"};
  static constexpr Names kVariants[] = {{kState, 2}, kState};  // without and with amsgrad
  static constexpr Correction kCorrected[] = {{"m", "beta1"}, {"v", "beta2"}, {"vmax", "beta2"}};
  static constexpr Card kCard{"adabelief",
                              "Adam that divides by the distance of gradients from their average",
                              "Zhuang et al. 2020, arXiv:2010.07468", kOptions, false};

  static std::size_t variant(Numbers o) { return option_of<Adabelief, "amsgrad">(o) ? 1 : 0; }
  template <class T>
  struct Prepared {
    Kept<T> m, v;
    T eps_root, eps, divides;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [beta1, beta2, eps, eps_root, amsgrad, rectify, threshold] = options_of<Adabelief>(now);
    const double c1 = one_minus_power(beta1, now.t), root = std::sqrt(one_minus_power(beta2, now.t));
    const Rectifier r(beta2, now.t);
    const bool divides = !rectify || r.holds(threshold, true);
    c = {kept(beta1), kept(beta2), eps_root, eps * root, divides ? 1.0 : 0.0};
    if (!divides) return 1.0 / c1;
    return (rectify ? r.factor() : 1.0) * root / c1;
  }
  template <std::size_t kVariant, class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const auto& c) {
    const V m = s[0] = average(s[0], g, c.m);
    V v = s[1] = hn::Add(average_square(s[1], hn::Sub(g, m), c.v), c.eps_root);
    if constexpr (kVariant == 1) v = s[2] = greater_of(s[2], v);
    return hn::IfThenElse(is_so(d, c.divides), hn::Div(m, divisor_of(d, hn::Add(hn::Sqrt(v), c.eps))), m);
  }
};
THALWEG_TRANSFORM(Adabelief)
