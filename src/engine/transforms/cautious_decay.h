// cautious_decay: weight decay only where the update goes the same way.   Chen et al. 2025, arXiv:2510.12402
//   u <- u + rate p   where u p > 0     scope element     no state
struct CautiousDecay {
  static constexpr Option kOptions[] = {{.name = "rate",
                                         .type = OptionType::scalar,
                                         .range = kNotNegative,
                                         .doc = "how much of the parameter is added to the update",
                                         .required = true}};
  static constexpr Card kCard{"cautious_decay", "decay where the update shrinks the parameter too",
                              "Chen et al. 2025, arXiv:2510.12402", kOptions};
  static constexpr bool kIsRule = false;
  static constexpr bool kSees = true;

  static double prepare(const Moment& now, Coefs& c) {
    c = {now.o[0]};
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, const Seen<V>& x, V*, const hn::TFromD<D>* c) {
    const V decayed = hn::Add(x.update, hn::Mul(hn::Set(d, c[0]), x.value));
    return hn::IfThenElse(hn::Gt(hn::Mul(sign_of(d, x.update), x.value), hn::Zero(d)), decayed, x.update);
  }
};
THALWEG_TRANSFORM(CautiousDecay)
