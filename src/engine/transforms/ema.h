struct Ema {
  static constexpr std::string_view kFormula = R"(
    m <- beta m + (1 - beta) u
    u <- m / (1 - beta^t), or m itself with debias=false   (correction: Kingma and Ba 2014)
    state m, zeros; reads u m, writes u m; 0 stays 0
  )";
  static constexpr Option kOptions[] = {share_kept("beta", "0.9", "share of the average that is kept"),
                                        flag_option("debias", "true", "divide the average by 1 - beta^t")};
  static constexpr std::string_view kState[] = {"m"};
  static constexpr Correction kCorrected[] = {{"m", "beta"}};
  static bool corrects(Numbers o, std::string_view) { return option_of<Ema, "debias">(o); }
  static constexpr Card kCard{"ema", "a moving average of the updates", "", kOptions};
  static constexpr bool kIsRule = false;

  template <class T>
  struct Prepared {
    Kept<T> m;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [beta, debias] = options_of<Ema>(now);
    c.m = kept(beta);
    return debias ? 1.0 / one_minus_power(beta, now.t) : 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D, V u, V* s, const auto& c) {
    return s[0] = average(s[0], u, c.m);
  }
};
THALWEG_TRANSFORM(Ema)
