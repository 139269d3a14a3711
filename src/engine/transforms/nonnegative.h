struct Nonnegative {
  static constexpr std::string_view kFormula = R"(
    p <- max(p, 0) after the update; NaN stays NaN; no state
  )";
  static constexpr Card kCard{"nonnegative", "project the parameters to 0 or above",
                              "Bertsekas 1976, doi:10.1109/TAC.1976.1101194"};
  static constexpr bool kLands = true;

  static double prepare(const Moment&) { return 1.0; }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V value(D d, V p, Nothing) {
    return hn::IfThenElse(hn::Lt(p, hn::Zero(d)), hn::Zero(d), p);
  }
};
THALWEG_TRANSFORM(Nonnegative)
