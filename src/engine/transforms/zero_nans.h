// zero_nans: put 0 where there is no number.   Hessel et al. 2020, optax (zero_nans)
//   u <- 0 where u is NaN, else u     scope element     no state     infinities pass
// The engine still counts what was not finite in the gradient.
struct ZeroNans {
  static constexpr Card kCard{"zero_nans", "put 0 in the place of elements that are NaN", ""};
  static constexpr bool kIsRule = false;

  static double prepare(const Moment&, Coefs&) { return 1.0; }

  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V*, const hn::TFromD<D>*) {
    return hn::IfThenElse(hn::Eq(g, g), g, hn::Zero(d));
  }
};
THALWEG_TRANSFORM(ZeroNans)
