struct Centralize {
  static constexpr std::string_view kFormula = R"(
    u <- u - mean(u) over each row of a matrix; vectors pass unchanged; no state
  )";
  static constexpr Card kCard{"centralize", "subtract each row's mean from the update",
                              "Yong et al. 2020, arXiv:2004.01461"};
  static constexpr std::size_t kSums = 1;

  static Over over(Numbers) { return Over::unit; }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void terms(D, const Seen<V>& x, V* sums) {
    sums[0] = x.update;
  }
  static UnitMap unit(const Moment& now, std::size_t rank) {
    return {1.0, rank < 2 ? 0.0 : -now.sums[0].sum / now.size * now.sums[0].unit};
  }
};
THALWEG_TRANSFORM(Centralize)
