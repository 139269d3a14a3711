struct ZeroNans {
  static constexpr std::string_view kFormula = R"(
    u <- 0 where u is NaN, else u; infinities pass; no state   (optax)
    the engine still counts what was not finite in the gradient
  )";
  static constexpr Card kCard{"zero_nans", "replace NaN elements by 0", ""};
  static constexpr bool kIsRule = false;

  static double prepare(const Moment&) { return 1.0; }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V u, V*, Nothing) {
    return hn::IfThenElse(hn::Eq(u, u), u, hn::Zero(d));
  }
};
THALWEG_TRANSFORM(ZeroNans)
