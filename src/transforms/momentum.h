// momentum: a running sum of gradients.   Polyak 1964; Nesterov's form as in Sutskever et al. 2013
//   b <- mu * b + g         scope element     state b, zeros (so the first b is g, as in torch)
//   u  = b, or g + mu * b with nesterov       reads g b   writes u b      exact: 0 stays 0
struct Momentum {
  static constexpr Option kOptions[] = {{.name = "mu",
                                         .type = OptionType::scalar,
                                         .fallback = "0.9",
                                         .range = kFraction,
                                         .doc = "share of the sum that is kept"},
                                        {.name = "nesterov",
                                         .type = OptionType::flag,
                                         .fallback = "false",
                                         .doc = "look ahead: add mu * sum to the gradient"}};
  static constexpr std::string_view kState[] = {"b"};
  static constexpr Card kCard{"momentum", "a running sum of gradients",
                              "Polyak 1964, doi:10.1016/0041-5553(64)90137-5", kOptions, kState};

  static double prepare(std::span<const double> o, std::uint64_t, Coefs& c) {
    c[0] = o[0];
    c[1] = o[1] != 0.0 ? 1.0 : 0.0;  // u = c1 * g + c2 * b
    c[2] = o[1] != 0.0 ? o[0] : 1.0;
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const hn::TFromD<D>* c) {
    s[0] = hn::Add(hn::Mul(hn::Set(d, c[0]), s[0]), g);
    return hn::Add(hn::Mul(hn::Set(d, c[1]), g), hn::Mul(hn::Set(d, c[2]), s[0]));
  }
};
THALWEG_TRANSFORM(Momentum)
