// nonnegative: keep the parameters at 0 or above.   Bertsekas 1976, doi:10.1109/TAC.1976.1101194
//   p <- max(p, 0)     scope landing     NaN stays NaN
struct Nonnegative {
  static constexpr Card kCard{"nonnegative", "project the parameters to 0 or above",
                              "Bertsekas 1976, doi:10.1109/TAC.1976.1101194"};
  static constexpr bool kLands = true;

  static double prepare(const Moment&, Coefs&) { return 1.0; }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V value(D d, V p, const hn::TFromD<D>*) {
    return hn::IfThenElse(hn::Lt(p, hn::Zero(d)), hn::Zero(d), p);
  }
};
THALWEG_TRANSFORM(Nonnegative)
