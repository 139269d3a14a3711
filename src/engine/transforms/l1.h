struct L1 {
  static constexpr std::string_view kFormula = R"(
    p <- sign(p) max(|p| - z, 0),   z = rate times what is to its right: the lr, a scale
    it acts on the new value, after the whole update, and so its place is after every rule;
    before a rule, use the term l1(rate) of a loss, whose gradient enters the averages
    no state
  )";
  static constexpr Option kOptions[] = {
      required(scalar_option("rate", "", kNotNegative, "how far each parameter is moved towards 0"))};
  static constexpr Card kCard{"l1", "move parameters towards 0 and stop there: soft threshold",
                              "Daubechies, Defrise and De Mol 2004, arXiv:math/0307152", kOptions};
  static constexpr bool kLands = true;

  template <class T>
  struct Prepared {
    T threshold;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    c.threshold = option_of<L1, "rate">(now.o) * now.scale;
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V value(D d, V p, const auto& c) {
    const V left = hn::Sub(hn::Abs(p), c.threshold);
    return hn::IfThenElse(hn::Lt(left, hn::Zero(d)), hn::Zero(d), hn::CopySign(left, p));
  }
};
THALWEG_TRANSFORM(L1)
