struct Ftrl {
  static constexpr std::string_view kFormula = R"(
    n' = n + g^2,   q = n^power / rate,   q' = n'^power / rate
    z <- z + g + 2 l2_shrinkage p - (q' - q) p,   n <- n'
    p <- (min(max(z, -l1), l1) - z) / (q' + 2 l2 + beta / rate);   |z| <= l1 gives exactly 0
    rate is the product of the rates to its right, which act inside; where it is 0 nothing
    changes; Algorithm 1, with the options of Keras: the paper begins n with 0 and has beta 1,
    Keras 0.1 and 0
    state n, initial_accumulator; z, zeros; reads g p n z, writes u n z
  )";
  static constexpr Option kOptions[] = {
      scalar_option("l1", "0", kNotNegative, "L1 regularisation: threshold of z"),
      scalar_option("l2", "0", kNotNegative, "L2 regularisation"),
      scalar_option("l2_shrinkage", "0", kNotNegative, "L2 regularisation by the gradient alone"),
      scalar_option("beta", "0", kNotNegative, "added to the curvature, divided by the rate"),
      number_option("power", "0.5", kShare, "power of the sum of squares in the curvature"),
      initial_option("0.1", "initial sum of squares")};
  static constexpr DialectDefault kDialects[] = {{"paper", "beta", "1"},
                                                 {"paper", "initial_accumulator", "0"}};
  static constexpr std::string_view kState[] = {"n", "z"};
  static constexpr Names kVariants[] = {kState, kState};  // the square root, or any power
  static constexpr Card kCard =
      Card("ftrl", "follow the regularised leader: sparse weights",
           "McMahan et al. 2013, doi:10.1145/2487575.2488200", kOptions, false, kDialects);
  static constexpr bool kSees = true;

  static std::size_t variant(Numbers o) { return option_of<Ftrl, "power">(o) == 0.5 ? 0 : 1; }
  static bool rate_inside(Numbers) { return true; }
  static double initial(Numbers o, std::size_t i) {
    return i == 0 ? option_of<Ftrl, "initial_accumulator">(o) : 0.0;
  }

  template <class T>
  struct Prepared {
    T l1, added, shrinkage, power, over_rate;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [l1, l2, l2_shrinkage, beta, power, initial_accumulator] = options_of<Ftrl>(now);
    const double over_rate = now.rate > 0.0 ? 1.0 / now.rate : 0.0;
    c = {l1, 2.0 * l2 + beta * over_rate, 2.0 * l2_shrinkage, power, over_rate};
    return now.rate > 0.0 ? 1.0 : 0.0;
  }
  template <std::size_t kVariant, class D, class V = hn::Vec<D>>
  static HWY_INLINE V curvature(D d, V n, const auto& c) {
    return hn::Mul(kVariant == 0 ? hn::Sqrt(n) : power(d, n, c.power), c.over_rate);
  }
  template <std::size_t kVariant, class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, const Seen<V>& x, V* s, const auto& c) {
    const auto moves = is_so(d, c.over_rate);
    const V n = hn::Add(s[0], hn::Mul(x.update, x.update));
    const V curved = curvature<kVariant>(d, n, c);
    const V bent = hn::Mul(hn::Sub(curved, curvature<kVariant>(d, s[0], c)), x.value);
    const V pulled = hn::Add(x.update, hn::Mul(c.shrinkage, x.value));
    const V z = hn::Add(s[1], hn::Sub(pulled, bent));
    const V next = ratio_of(d, hn::Sub(bounded(z, hn::Neg(c.l1), c.l1), z), hn::Add(curved, c.added));
    s[0] = hn::IfThenElse(moves, n, s[0]);
    s[1] = hn::IfThenElse(moves, z, s[1]);
    return hn::IfThenElse(moves, hn::Sub(x.value, next), hn::Zero(d));
  }
};
THALWEG_TRANSFORM(Ftrl)
