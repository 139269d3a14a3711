struct ClipValue {
  static constexpr std::string_view kFormula = R"(
    u <- min(max(u, -max), max); 0 stays 0, NaN stays NaN; no state
  )";
  static constexpr Option kOptions[] = {
      required(scalar_option("max", "", kPositive, "the largest size that passes unchanged"))};
  static constexpr Card kCard{"clip_value", "bound each element of the update to [-max, max]",
                              "Mikolov 2012, Statistical Language Models Based on Neural Networks", kOptions};
  static constexpr bool kIsRule = false;

  template <class T>
  struct Prepared {
    T max;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    c.max = option_of<ClipValue, "max">(now.o);
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D, V u, V*, const auto& c) {
    return bounded(u, hn::Neg(c.max), c.max);
  }
};
THALWEG_TRANSFORM(ClipValue)
