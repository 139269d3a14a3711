// ftrl: follow the regularised leader, which sets small weights to exactly 0.   McMahan et al. 2013, Ad Click
// Prediction (KDD), Algorithm 1, with the options of Keras
//   n' = n + g^2                                  scope element     state n, initial_accumulator; z, zeros
//   q  = n^power / rate, q' = n'^power / rate     reads g p n z   writes u n z
//   z <- z + g + 2 l2_shrinkage p - (q' - q) p
//   p <- (min(max(z, -l1), l1) - z) / (q' + 2 l2 + beta / rate)     exact: |z| <= l1 gives 0
// The rates behind it are inside; where they are 0 nothing changes. The paper begins n with 0 and has beta 1,
// Keras 0.1 and 0.
struct Ftrl {
  static constexpr Option kOptions[] = {
      scalar_option("l1", "0", kNotNegative, "L1 regularisation: what z must exceed"),
      scalar_option("l2", "0", kNotNegative, "L2 regularisation"),
      scalar_option("l2_shrinkage", "0", kNotNegative, "L2 regularisation by the gradient alone"),
      scalar_option("beta", "0", kNotNegative, "added to the curvature, over the rate"),
      {.name = "power",
       .type = OptionType::number,
       .fallback = "0.5",
       .range = kShare,
       .doc = "of the sum of squares in the curvature"},
      initial_option("0.1", "what the sum of squares begins with"),
      kDialect};
  static constexpr DialectDefault kDialects[] = {{"paper", "beta", "1"},
                                                 {"paper", "initial_accumulator", "0"}};
  static constexpr std::string_view kState[] = {"n", "z"};
  static constexpr Names kVariants[] = {kState, kState};  // the square root, or any power
  static constexpr Card kCard{"ftrl",
                              "follow the regularised leader: sparse weights",
                              "McMahan et al. 2013, doi:10.1145/2487575.2488200",
                              kOptions,
                              false,
                              kDialects};
  static constexpr bool kSees = true;

  static std::size_t variant(Numbers o) { return o[4] == 0.5 ? 0 : 1; }
  static bool rate_inside(Numbers) { return true; }
  static double initial(Numbers o, std::size_t i) { return i == 0 ? o[5] : 0.0; }

  static double prepare(const Moment& now, Coefs& c) {
    const Numbers o = now.o;
    const bool moves = now.rate > 0.0;
    c = {o[0], 2.0 * o[1], 2.0 * o[2], o[4], moves ? 1.0 / now.rate : 0.0};
    c[1] += o[3] * c[4];
    return moves ? 1.0 : 0.0;
  }
  template <std::size_t kVariant, class D, class V = hn::Vec<D>>
  static HWY_INLINE V curvature(D d, V n, const hn::TFromD<D>* c) {
    const V root = kVariant == 0 ? hn::Sqrt(n) : power(d, n, hn::Set(d, c[3]));
    return hn::Mul(root, hn::Set(d, c[4]));
  }
  template <std::size_t kVariant, class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, const Seen<V>& x, V* s, const hn::TFromD<D>* c) {
    const auto moves = hn::Gt(hn::Set(d, c[4]), hn::Zero(d));
    const V n = hn::Add(s[0], hn::Mul(x.update, x.update)), l1 = hn::Set(d, c[0]);
    const V curved = curvature<kVariant>(d, n, c);
    const V bent = hn::Mul(hn::Sub(curved, curvature<kVariant>(d, s[0], c)), x.value);
    const V pulled = hn::Add(x.update, hn::Mul(hn::Set(d, c[2]), x.value));
    const V z = hn::Add(s[1], hn::Sub(pulled, bent));
    const V next = hn::Div(hn::Sub(bounded(z, hn::Neg(l1), l1), z), hn::Add(curved, hn::Set(d, c[1])));
    s[0] = hn::IfThenElse(moves, n, s[0]);
    s[1] = hn::IfThenElse(moves, z, s[1]);
    return hn::IfThenElse(moves, hn::Sub(x.value, next), hn::Zero(d));
  }
};
THALWEG_TRANSFORM(Ftrl)
