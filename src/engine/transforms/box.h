struct Box {
  static constexpr std::string_view kFormula = R"(
    p <- min(max(p, low), high) after the update; NaN stays NaN; no state
  )";
  static constexpr Option kOptions[] = {required(scalar_option("low", "", kAnyNumber, "the smallest value")),
                                        required(scalar_option("high", "", kAnyNumber, "the largest value"))};
  static constexpr Card kCard{"box", "project the parameters to [low, high]",
                              "Bertsekas 1976, doi:10.1109/TAC.1976.1101194", kOptions};
  static constexpr bool kLands = true;

  template <class T>
  struct Prepared {
    T low, high;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [low, high] = options_of<Box>(now);
    c = {low, high};
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V value(D, V p, const auto& c) {
    const V above = hn::IfThenElse(hn::Lt(p, c.low), c.low, p);
    return hn::IfThenElse(hn::Gt(above, c.high), c.high, above);
  }
};
THALWEG_TRANSFORM(Box)
