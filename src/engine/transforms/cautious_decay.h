struct CautiousDecay {
  static constexpr std::string_view kFormula = R"(
    u <- u + rate p where u p > 0, else u; reads u p; no state
  )";
  static constexpr Option kOptions[] = {
      required(scalar_option("rate", "", kNotNegative, "how much of the parameter is added to the update"))};
  static constexpr Card kCard{"cautious_decay", "decay only where the update shrinks the parameter too",
                              "Chen et al. 2025, arXiv:2510.12402", kOptions};
  static constexpr bool kIsRule = false;
  static constexpr bool kSees = true;

  template <class T>
  struct Prepared {
    T rate;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    c.rate = option_of<CautiousDecay, "rate">(now.o);
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, const Seen<V>& x, V*, const auto& c) {
    const V decayed = hn::Add(x.update, hn::Mul(c.rate, x.value));
    return hn::IfThenElse(hn::Gt(hn::Mul(sign_of(d, x.update), x.value), hn::Zero(d)), decayed, x.update);
  }
};
THALWEG_TRANSFORM(CautiousDecay)
