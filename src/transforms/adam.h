// adam: bias-corrected moving averages of gradient and square.   Kingma and Ba 2014, arXiv:1412.6980,
// Algorithm 1
//   m <- b1 m + (1-b1) g                      scope element     state m v, zeros
//   v <- b2 v + (1-b2) g^2                    reads g m v   writes u m v    exact: 0 stays 0
//   u  = (m / c1) / (sqrt(v / c2) + eps)      c1 = 1 - b1^t, c2 = 1 - b2^t
// Computed as sqrt(c2)/c1 * [m / (sqrt(v) + eps sqrt(c2))]: the factor folds into the rate, eps stays where
// torch has it, outside the root of the corrected square.
struct Adam {
  static constexpr Option kOptions[] = {{.name = "beta1",
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
                                         .doc = "added to the root of the corrected average square"}};
  static constexpr std::string_view kState[] = {"m", "v"};
  static constexpr Card kCard{"adam",
                              "bias-corrected moving averages of gradient and square",
                              "Kingma and Ba 2014, arXiv:1412.6980",
                              kOptions,
                              kState,
                              false};

  static double prepare(std::span<const double> o, std::uint64_t t, Coefs& c) {
    const double c1 = one_minus_power(o[0], t), c2 = one_minus_power(o[1], t);
    c = {o[0], 1.0 - o[0], o[1], 1.0 - o[1], o[2] * std::sqrt(c2)};
    return std::sqrt(c2) / c1;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const hn::TFromD<D>* c) {
    s[0] = hn::Add(hn::Mul(hn::Set(d, c[0]), s[0]), hn::Mul(hn::Set(d, c[1]), g));
    s[1] = hn::Add(hn::Mul(hn::Set(d, c[2]), s[1]), hn::Mul(hn::Mul(hn::Set(d, c[3]), g), g));
    return hn::Div(s[0], hn::Add(hn::Sqrt(s[1]), hn::Set(d, c[4])));
  }
};
THALWEG_TRANSFORM(Adam)
