struct Radam {
  static constexpr std::string_view kFormula = R"(
    m <- beta1 m + (1 - beta1) g,   v <- beta2 v + (1 - beta2) g^2
    u  = l(r) (m / c1) sqrt(c2) / (sqrt(v) + eps) where r > threshold, else m / c1
    c1 = 1 - beta1^t, c2 = 1 - beta2^t
    r  = r_inf - 2 t beta2^t / c2,   r_inf = 2 / (1 - beta2) - 1
    l(r)^2 = (r - 4) (r - 2) r_inf / ((r_inf - 4) (r_inf - 2) r)
    eps_place: raw as above (torch), or corrected: sqrt(v / c2) + eps (optax, TF Addons)
    threshold: 5 (torch, optax), 4 in the paper; inclusive: r >= threshold (optax, TF Addons)
    amsgrad: vmax <- max(vmax, v) takes the place of v (TensorFlow Addons)
    state m v, zeros; vmax with amsgrad; reads g m v, writes u m v; 0 stays 0
  )";
  static constexpr Option kOptions[] = {
      beta1_option("0.9"),
      beta2_option("0.999"),
      eps_option("1e-8"),
      choice_option("eps_place", "raw|corrected", "raw",
                    "eps is added to the raw root or to the corrected one"),
      threshold_option(),
      flag_option("inclusive", "false", "a length equal to the threshold suffices"),
      amsgrad_option()};
  static constexpr DialectDefault kDialects[] = {
      {"optax", "eps_place", "corrected"}, {"optax", "inclusive", "true"}, {"paper", "threshold", "4"}};
  static constexpr std::string_view kState[] = {"m", "v", "vmax"};
  static constexpr Names kVariants[] = {{kState, 2}, kState};  // without and with amsgrad
  static constexpr Correction kCorrected[] = {{"m", "beta1"}, {"v", "beta2"}, {"vmax", "beta2"}};
  static constexpr Card kCard = Card("radam", "Adam that divides by its mean square once that is reliable",
                                     "Liu et al. 2019, arXiv:1908.03265", kOptions, false, kDialects);

  static std::size_t variant(Numbers o) { return option_of<Radam, "amsgrad">(o) ? 1 : 0; }
  template <class T>
  struct Prepared {
    Kept<T> m, v;
    T eps, divides;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [beta1, beta2, eps, eps_place, threshold, inclusive, amsgrad] = options_of<Radam>(now);
    const double c1 = one_minus_power(beta1, now.t), c2 = one_minus_power(beta2, now.t);
    const Rectifier r(beta2, now.t);
    const bool divides = r.holds(threshold, inclusive);
    c = {kept(beta1), kept(beta2), eps * (eps_place == "corrected" ? std::sqrt(c2) : 1.0),
         divides ? 1.0 : 0.0};
    return divides ? r.factor() * std::sqrt(c2) / c1 : 1.0 / c1;
  }
  template <std::size_t kVariant, class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const auto& c) {
    const V m = s[0] = average(s[0], g, c.m);
    V v = s[1] = average_square(s[1], g, c.v);
    if constexpr (kVariant == 1) v = s[2] = greater_of(s[2], v);
    return hn::IfThenElse(is_so(d, c.divides), hn::Div(m, divisor_of(d, hn::Add(hn::Sqrt(v), c.eps))), m);
  }
};
THALWEG_TRANSFORM(Radam)
