// l1: L1 regularisation as a proximal step, which sets small parameters to exactly 0.   Daubechies, Defrise
// and De Mol 2004, arXiv:math/0307152
//   p <- sign(p) max(|p| - z, 0)     scope landing     z = rate * what stands behind it: the lr, a scale
// It acts on the new value, when the whole update is done, and so stands behind every rule. Left of a rule
// there is the term of a loss, `l1(rate)`, whose gradient enters the averages.
struct L1 {
  static constexpr Option kOptions[] = {{.name = "rate",
                                         .type = OptionType::scalar,
                                         .range = kNotNegative,
                                         .doc = "how far each parameter is moved towards 0",
                                         .required = true}};
  static constexpr Card kCard{"l1", "move parameters towards 0 and stop there: soft threshold",
                              "Daubechies, Defrise and De Mol 2004, arXiv:math/0307152", kOptions};

  static constexpr bool kLands = true;

  static double prepare(const Moment& now, Coefs& c) {
    c = {now.o[0] * now.scale};
    return 1.0;
  }

  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V value(D d, V p, const hn::TFromD<D>* c) {
    const V left = hn::Sub(hn::Abs(p), hn::Set(d, c[0]));
    return hn::IfThenElse(hn::Lt(left, hn::Zero(d)), hn::Zero(d), hn::CopySign(left, p));
  }
};
THALWEG_TRANSFORM(L1)
