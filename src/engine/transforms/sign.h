// sign: only the direction of each element.   Bernstein et al. 2018, arXiv:1802.04434
//   u <- sign(u)         scope element     no state     exact: sign(0) = 0, NaN stays NaN
// `sign | lr(...)` is signSGD, `momentum | sign | lr(...)` is Signum: a positive factor of the average, such
// as 1 - mu, does not show.
struct Sign {
  static constexpr Card kCard{"sign", "keep the sign of each element only: -1, 0 or 1",
                              "Bernstein et al. 2018, arXiv:1802.04434"};
  static constexpr bool kIsRule = false;

  static double prepare(const Moment&, Coefs&) { return 1.0; }

  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V*, const hn::TFromD<D>*) {
    return sign_of(d, g);
  }
};
THALWEG_TRANSFORM(Sign)
