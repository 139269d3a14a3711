struct Grams {
  static constexpr std::string_view kFormula = R"(
    u <- |u| sign(g),   g: the gradient as it entered the chain
    0 where g is 0; NaN stays NaN; reads u g; no state
  )";
  static constexpr Card kCard{"grams",
                              "keep the size of each element of the update, take the gradient's sign",
                              "Cao et al. 2024, arXiv:2412.17107"};
  static constexpr bool kIsRule = false;
  static constexpr bool kSeesEntered = true;

  static double prepare(const Moment&) { return 1.0; }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, const Seen<V>& x, V*, Nothing) {
    return hn::Mul(hn::Abs(x.update), sign_of(d, x.entered));
  }
};
THALWEG_TRANSFORM(Grams)
