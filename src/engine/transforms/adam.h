// adam: bias-corrected moving averages of gradient and square.   Kingma and Ba 2014, arXiv:1412.6980,
// Algorithm 1; the maximum: Reddi, Kale and Kumar 2018, arXiv:1904.09237
//   m <- b1 m + (1-b1) g                      scope element     state m v, zeros; vmax with amsgrad
//   v <- b2 v + (1-b2) g^2                    reads g m v   writes u m v    exact: 0 stays 0 while eps > 0
//   u  = (m / c1) / (sqrt(v / c2) + eps)      c1 = 1 - b1^t, c2 = 1 - b2^t; 1 without bias_correction
// amsgrad: the denominator has vmax <- max(vmax, v) in place of v, or the maximum of v / c2 when corrected.
// eps_place: `corrected` as above (torch), `raw` adds eps to sqrt(v) before the correction (Keras, and the
// paper's eps-hat), `inside` is sqrt(v / c2 + eps). eps_root is added inside the root, of v / c2 (optax), or
// of v where eps is added to the raw root.
// Computed as sqrt(c2)/c1 * [m / (sqrt(v + i) + e)], so that the factor folds into the rate.
struct Adam {
  static constexpr Option kOptions[] = {
      {.name = "beta1",
       .type = OptionType::scalar,
       .fallback = "0.9",
       .range = kFraction,
       .doc = "share of the average gradient that is kept"},
      {.name = "beta2",
       .type = OptionType::scalar,
       .fallback = "0.999",
       .range = kFraction,
       .doc = "share of the average square that is kept"},
      {.name = "eps",
       .type = OptionType::scalar,
       .fallback = "1e-8",
       .range = kNotNegative,
       .doc = "keeps the denominator away from 0"},
      {.name = "eps_place",
       .type = OptionType::choice,
       .fallback = "corrected",
       .doc = "where eps is added: to the corrected root, to the raw one, or inside the corrected one",
       .choices = "corrected|raw|inside"},
      {.name = "eps_root",
       .type = OptionType::scalar,
       .fallback = "0",
       .range = kNotNegative,
       .doc = "added inside the root that eps is added to"},
      {.name = "bias_correction",
       .type = OptionType::flag,
       .fallback = "true",
       .doc = "divide the averages by 1 - beta^t"},
      {.name = "amsgrad",
       .type = OptionType::flag,
       .fallback = "false",
       .doc = "divide by the largest average square so far"},
      {.name = "amsgrad_form",
       .type = OptionType::choice,
       .fallback = "raw",
       .doc = "the maximum is taken of the raw average (torch, Keras) or of the corrected one (optax)",
       .choices = "raw|corrected",
       .needs = "amsgrad"},
      kDialect};
  static constexpr DialectDefault kDialects[] = {
      {"keras", "eps", "1e-7"}, {"keras", "eps_place", "raw"}, {"optax", "amsgrad_form", "corrected"}};
  static constexpr std::string_view kState[] = {"m", "v", "vmax"};
  static constexpr Names kVariants[] = {{kState, 2}, kState};  // without and with amsgrad
  static constexpr Card kCard{"adam",
                              "bias-corrected moving averages of gradient and square",
                              "Kingma and Ba 2014, arXiv:1412.6980",
                              kOptions,
                              false,
                              kDialects};

  static std::size_t variant(Numbers o) { return o[6] != 0.0 ? 1 : 0; }

  static double prepare(const Moment& now, Coefs& c) {
    const Numbers o = now.o;
    const bool corrects = o[5] != 0.0, raw = o[3] == 1.0, inside = o[3] == 2.0;
    const bool corrected_maximum = o[6] != 0.0 && o[7] == 1.0;
    const double c1 = corrects ? one_minus_power(o[0], now.t) : 1.0;
    const double c2 = corrects ? one_minus_power(o[1], now.t) : 1.0;
    const double left = corrected_maximum ? 1.0 : c2;  // correction that the denominator still needs
    c = {o[0], 1.0 - o[0], o[1], 1.0 - o[1]};
    c[4] = (o[4] + (inside ? o[2] : 0.0)) * (raw ? 1.0 : left);
    c[5] = inside ? 0.0 : o[2] * (raw ? 1.0 : std::sqrt(left));
    c[6] = 1.0 / (corrected_maximum ? c2 : 1.0);
    return std::sqrt(left) / c1;
  }
  template <std::size_t kVariant, class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const hn::TFromD<D>* c) {
    s[0] = hn::Add(hn::Mul(hn::Set(d, c[0]), s[0]), hn::Mul(hn::Set(d, c[1]), g));
    s[1] = hn::Add(hn::Mul(hn::Set(d, c[2]), s[1]), hn::Mul(hn::Mul(hn::Set(d, c[3]), g), g));
    V v = s[1];
    if constexpr (kVariant == 1) v = s[2] = greater_of(s[2], hn::Mul(hn::Set(d, c[6]), v));
    return hn::Div(s[0], hn::Add(hn::Sqrt(hn::Add(v, hn::Set(d, c[4]))), hn::Set(d, c[5])));
  }
};
THALWEG_TRANSFORM(Adam)
