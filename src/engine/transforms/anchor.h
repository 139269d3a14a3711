struct Anchor {
  static constexpr std::string_view kFormula = R"(
    u <- u + rate (p - p0),   p0: the parameter before its first update, or `to`
    state p0, not with `to`; reads u p p0, writes u p0
  )";
  static constexpr Option kOptions[] = {
      required(scalar_option("rate", "", kNotNegative, "how much of the distance is added to the update")),
      number_option("to", "", kAnyNumber, "the point; the initial parameters when left out")};
  static constexpr std::string_view kState[] = {"p0"};
  static constexpr Names kVariants[] = {kState, {}};
  static constexpr Card kCard{"anchor", "add rate * (parameter - point) to the update: decay towards a point",
                              "Li, Grandvalet and Davoine 2018, arXiv:1802.01483", kOptions};
  static constexpr bool kIsRule = false;
  static constexpr bool kSees = true;

  static std::size_t variant(Numbers o) { return std::isnan(option_of<Anchor, "to">(o)) ? 0 : 1; }
  template <class T>
  struct Prepared {
    T rate, to, first;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [rate, to] = options_of<Anchor>(now);
    c = {rate, to, now.t == 1 ? 1.0 : 0.0};
    return 1.0;
  }
  template <std::size_t kVariant, class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, const Seen<V>& x, V* s, const auto& c) {
    V point = c.to;
    if constexpr (kVariant == 0) point = s[0] = hn::IfThenElse(is_so(d, c.first), x.value, s[0]);
    return hn::Add(x.update, hn::Mul(c.rate, hn::Sub(x.value, point)));
  }
};
THALWEG_TRANSFORM(Anchor)
