struct Adam {
  static constexpr std::string_view kFormula = R"(
    m <- beta1 m + (1 - beta1) g,   v <- beta2 v + (1 - beta2) g^2
    u  = (m / c1) / (sqrt(v / c2 + eps_root) + eps)
    c1 = 1 - beta1^t and c2 = 1 - beta2^t; both are 1 without bias_correction
    eps_place: raw is sqrt(v + eps_root) + eps, then corrected; inside adds eps to eps_root
    amsgrad: vmax <- max(vmax, v), or the maximum of v / c2, stands for v (arXiv:1904.09237)
    state m v, zeros; vmax with amsgrad; reads g m v, writes u m v; 0 stays 0
  )";
  static constexpr Option kOptions[] = {
      beta1_option("0.9"),
      beta2_option("0.999"),
      eps_option("1e-8"),
      choice_option("eps_place", "corrected|raw|inside", "corrected",
                    "where eps is added: to the corrected root, to the raw one, or inside the corrected one"),
      eps_root_option("0", "added inside the root that eps is added to"),
      correction_option(),
      amsgrad_option(),
      needing("amsgrad",
              choice_option(
                  "amsgrad_form", "raw|corrected", "raw",
                  "the maximum is taken of the raw average (torch, Keras) or of the corrected one (optax)"))};
  static constexpr DialectDefault kDialects[] = {
      {"keras", "eps", "1e-7"}, {"keras", "eps_place", "raw"}, {"optax", "amsgrad_form", "corrected"}};
  static constexpr std::string_view kState[] = {"m", "v", "vmax"};
  static constexpr Names kVariants[] = {{kState, 2}, kState};  // without and with amsgrad
  static constexpr Correction kCorrected[] = {{"m", "beta1"}, {"v", "beta2"}, {"vmax", "beta2"}};
  static bool corrects(Numbers o, std::string_view state) {
    const bool stored = state == "vmax" && option_of<Adam, "amsgrad_form">(o) == "corrected";
    return option_of<Adam, "bias_correction">(o) && !stored;
  }
  static constexpr Card kCard = Card("adam", "bias-corrected moving averages of gradient and square",
                                     "Kingma and Ba 2014, arXiv:1412.6980", kOptions, false, kDialects);
  static std::size_t variant(Numbers o) { return option_of<Adam, "amsgrad">(o) ? 1 : 0; }
  template <class T>
  struct Prepared {
    Kept<T> m, v;
    T eps_root, eps, correction;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [beta1, beta2, eps, eps_place, eps_root, bias_correction, amsgrad, amsgrad_form] =
        options_of<Adam>(now);
    const double c1 = bias_correction ? one_minus_power(beta1, now.t) : 1.0;
    const double c2 = bias_correction ? one_minus_power(beta2, now.t) : 1.0;
    const double left = amsgrad && amsgrad_form == "corrected" ? 1.0 : c2;  // what the root still needs
    const double before = eps_place == "raw" ? 1.0 : left;
    const bool inside = eps_place == "inside";
    c.m = kept(beta1), c.v = kept(beta2), c.correction = left / c2;
    c.eps_root = (eps_root + (inside ? eps : 0.0)) * before;
    c.eps = inside ? 0.0 : eps * std::sqrt(before);
    return std::sqrt(left) / c1;  // folds into the rate
  }
  template <std::size_t kVariant, class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const auto& c) {
    const V m = s[0] = average(s[0], g, c.m);
    V v = s[1] = average_square(s[1], g, c.v);
    if constexpr (kVariant == 1) v = s[2] = greater_of(s[2], hn::Mul(c.correction, v));
    return hn::Div(m, divisor_of(d, hn::Add(hn::Sqrt(hn::Add(v, c.eps_root)), c.eps)));
  }
};
THALWEG_TRANSFORM(Adam)
