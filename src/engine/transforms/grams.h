// grams: the size of the update, the direction of the gradient.   Cao et al. 2024, arXiv:2412.17107
//   u <- |u| sign(g), with g the gradient as it entered the chain     scope element     no state
// Exact: 0 where g is 0; NaN stays NaN.
struct Grams {
  static constexpr Card kCard{"grams",
                              "keep the size of each element of the update, take the gradient's sign",
                              "Cao et al. 2024, arXiv:2412.17107"};
  static constexpr bool kIsRule = false;
  static constexpr bool kSeesEntered = true;

  static double prepare(const Moment&, Coefs&) { return 1.0; }

  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, const Seen<V>& x, V*, const hn::TFromD<D>*) {
    return hn::Mul(hn::Abs(x.update), sign_of(d, x.entered));
  }
};
THALWEG_TRANSFORM(Grams)
