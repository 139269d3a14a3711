// anchor: pull the parameters towards where they began.   Li, Grandvalet and Davoine 2018 (L2-SP),
// arXiv:1802.01483
//   u <- u + rate (p - p0)     scope element     state p0, the parameter before its first update
// `to` pulls towards a number instead; p0 is that number then.
struct Anchor {
  static constexpr Option kOptions[] = {{.name = "rate",
                                         .type = OptionType::scalar,
                                         .range = kNotNegative,
                                         .doc = "how much of the distance is added to the update",
                                         .required = true},
                                        {.name = "to",
                                         .type = OptionType::number,
                                         .doc = "the point; where the parameters began when left out"}};
  static constexpr std::string_view kState[] = {"p0"};
  static constexpr Names kVariants[] = {kState, {}};
  static constexpr Card kCard{"anchor", "add rate * (parameter - point) to the update: decay towards a point",
                              "Li, Grandvalet and Davoine 2018, arXiv:1802.01483", kOptions};
  static constexpr bool kIsRule = false;
  static constexpr bool kSees = true;

  static std::size_t variant(Numbers o) { return std::isnan(o[1]) ? 0 : 1; }
  static double prepare(const Moment& now, Coefs& c) {
    c = {now.o[0], now.o[1], now.t == 1 ? 1.0 : 0.0};
    return 1.0;
  }
  template <std::size_t kVariant, class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, const Seen<V>& x, V* s, const hn::TFromD<D>* c) {
    V point = hn::Set(d, c[1]);
    if constexpr (kVariant == 0) {
      s[0] = hn::IfThenElse(hn::Gt(hn::Set(d, c[2]), hn::Zero(d)), x.value, s[0]);
      point = s[0];
    }
    return hn::Add(x.update, hn::Mul(hn::Set(d, c[0]), hn::Sub(x.value, point)));
  }
};
THALWEG_TRANSFORM(Anchor)
