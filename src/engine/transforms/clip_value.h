// clip_value: bound each element of the update.   Mikolov 2012, Statistical Language Models Based on Neural
// Networks
//   u <- min(max(u, -max), max)     scope element     no state     exact: 0 stays 0, NaN stays NaN
struct ClipValue {
  static constexpr Option kOptions[] = {{.name = "max",
                                         .type = OptionType::scalar,
                                         .range = kPositive,
                                         .doc = "the largest size that passes unchanged",
                                         .required = true}};
  static constexpr Card kCard{"clip_value", "bound each element of the update to [-max, max]",
                              "Mikolov 2012, Statistical Language Models Based on Neural Networks", kOptions};
  static constexpr bool kIsRule = false;

  static double prepare(const Moment& now, Coefs& c) {
    c = {now.o[0]};
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V*, const hn::TFromD<D>* c) {
    const V max = hn::Set(d, c[0]);
    return bounded(g, hn::Neg(max), max);
  }
};
THALWEG_TRANSFORM(ClipValue)
