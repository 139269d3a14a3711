// box: keep the parameters in an interval.   Bertsekas 1976, doi:10.1109/TAC.1976.1101194
//   p <- min(max(p, low), high)     scope landing     NaN stays NaN
struct Box {
  static constexpr Option kOptions[] = {
      {.name = "low", .type = OptionType::scalar, .doc = "the smallest value", .required = true},
      {.name = "high", .type = OptionType::scalar, .doc = "the largest value", .required = true}};
  static constexpr Card kCard{"box", "project the parameters to [low, high]",
                              "Bertsekas 1976, doi:10.1109/TAC.1976.1101194", kOptions};
  static constexpr bool kLands = true;

  static double prepare(const Moment& now, Coefs& c) {
    c = {now.o[0], now.o[1]};
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V value(D d, V p, const hn::TFromD<D>* c) {
    const V low = hn::Set(d, c[0]), high = hn::Set(d, c[1]);
    const V above = hn::IfThenElse(hn::Lt(p, low), low, p);
    return hn::IfThenElse(hn::Gt(above, high), high, above);
  }
};
THALWEG_TRANSFORM(Box)
