// ema: a moving average of what passes.   bias correction: Kingma and Ba 2014, arXiv:1412.6980
//   m <- beta m + (1-beta) u; u <- m / (1 - beta^t)     scope element     state m, zeros     reads u m writes
//   u m
// debias=false hands on m itself.     Exact: 0 stays 0.
struct Ema {
  static constexpr Option kOptions[] = {{.name = "beta",
                                         .type = OptionType::scalar,
                                         .fallback = "0.9",
                                         .range = kFraction,
                                         .doc = "share of the average that is kept"},
                                        {.name = "debias",
                                         .type = OptionType::flag,
                                         .fallback = "true",
                                         .doc = "divide the average by 1 - beta^t"}};
  static constexpr std::string_view kState[] = {"m"};
  static constexpr Card kCard{"ema", "a moving average of the updates", "", kOptions};
  static constexpr bool kIsRule = false;

  static double prepare(const Moment& now, Coefs& c) {
    c = {now.o[0], 1.0 - now.o[0]};
    return now.o[1] != 0.0 ? 1.0 / one_minus_power(now.o[0], now.t) : 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V u, V* s, const hn::TFromD<D>* c) {
    return s[0] = average(d, s[0], u, c);
  }
};
THALWEG_TRANSFORM(Ema)
