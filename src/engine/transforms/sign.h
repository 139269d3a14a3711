struct Sign {
  static constexpr std::string_view kFormula = R"(
    u <- sign(u); sign(0) = 0, NaN stays NaN; no state
    sign | lr(...) is signSGD, momentum | sign | lr(...) is Signum: a positive factor of the
    average, such as 1 - mu, has no effect
  )";
  static constexpr Card kCard{"sign", "keep the sign of each element only: -1, 0 or 1",
                              "Bernstein et al. 2018, arXiv:1802.04434"};
  static constexpr bool kIsRule = false;

  static double prepare(const Moment&) { return 1.0; }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V u, V*, Nothing) {
    return sign_of(d, u);
  }
};
THALWEG_TRANSFORM(Sign)
