// rmsprop: divide by a moving root mean square.   Tieleman and Hinton 2012, Lecture 6.5; the centred form:
// Graves 2013, arXiv:1308.0850
//   v <- a v + (1-a) g^2          scope element     state v, initial_accumulator; m with centered, zeros;
//   m <- a m + (1-a) g                              b with momentum, zeros
//   u  = g / (sqrt(v - m^2) + eps)   (m = 0 unless centered)   reads g v m b   writes u v m b
//   b <- mu b + u, and b is the update      with momentum; b <- mu b + rate u with rate_inside (Keras, optax)
// eps_place: `outside` as above (torch), or `inside`: sqrt(v - m^2 + eps). bias_correction divides v and m by
// c = 1 - a^t first: sqrt(v/c - (m/c)^2) is computed as sqrt(1/c) sqrt(v - m^2/c).
// Exact: 0 stays 0 while eps > 0. Rounding may leave v - m^2 a little below 0; it counts as 0.
struct RmsProp {
  static constexpr Option kOptions[] = {
      {.name = "alpha",
       .type = OptionType::scalar,
       .fallback = "0.99",
       .range = kFraction,
       .doc = "share of the average square that is kept"},
      {.name = "eps",
       .type = OptionType::scalar,
       .fallback = "1e-8",
       .range = kNotNegative,
       .doc = "keeps the denominator away from 0"},
      {.name = "eps_place",
       .type = OptionType::choice,
       .fallback = "outside",
       .doc = "eps is added to the root or inside it",
       .choices = "outside|inside"},
      {.name = "centered",
       .type = OptionType::flag,
       .fallback = "false",
       .doc = "divide by the root of the variance: take out the square of the average gradient"},
      {.name = "momentum",
       .type = OptionType::scalar,
       .fallback = "0",
       .range = kFraction,
       .doc = "share of a running sum of updates that is kept; 0: no such sum"},
      {.name = "rate_inside",
       .type = OptionType::flag,
       .fallback = "false",
       .doc = "the running sum is of rate * update, so that a new rate does not scale what is in it",
       .needs = "momentum"},
      {.name = "initial_accumulator",
       .type = OptionType::number,
       .fallback = "0",
       .range = kNotNegative,
       .doc = "what the average square begins with"},
      {.name = "bias_correction",
       .type = OptionType::flag,
       .fallback = "false",
       .doc = "divide the averages by 1 - alpha^t"},
      kDialect};
  static constexpr DialectDefault kDialects[] = {
      {"optax", "alpha", "0.9"},       {"optax", "eps_place", "inside"}, {"optax", "rate_inside", "true"},
      {"keras", "alpha", "0.9"},       {"keras", "eps", "1e-7"},         {"keras", "eps_place", "inside"},
      {"keras", "rate_inside", "true"}};
  static constexpr std::string_view kPlain[] = {"v"}, kCentred[] = {"v", "m"}, kMomentum[] = {"v", "b"},
                                    kBoth[] = {"v", "m", "b"};
  static constexpr Names kVariants[] = {kPlain, kCentred, kMomentum, kBoth};
  static constexpr Card kCard{"rmsprop",
                              "divide by a moving root mean square of the gradient",
                              "Tieleman and Hinton 2012, Neural Networks for Machine Learning, Lecture 6.5",
                              kOptions,
                              false,
                              kDialects};

  static std::size_t variant(Numbers o) { return (o[3] != 0.0 ? 1u : 0u) + (o[4] != 0.0 ? 2u : 0u); }
  static bool rate_inside(Numbers o) { return o[4] != 0.0 && o[5] != 0.0; }
  static double initial(Numbers o, std::size_t i) { return i == 0 ? o[6] : 0.0; }

  static double prepare(const Moment& now, Coefs& c) {
    const Numbers o = now.o;
    const double left = o[7] != 0.0 ? one_minus_power(o[0], now.t) : 1.0;
    const bool inside = o[2] == 1.0, momentum = o[4] != 0.0;
    const double factor = std::sqrt(left);
    c = {o[0], 1.0 - o[0], inside ? o[1] * left : 0.0, inside ? 0.0 : o[1] * factor, 1.0 / left};
    c[5] = o[4];
    c[6] = factor * now.rate;
    return momentum ? 1.0 : factor;
  }
  template <std::size_t kVariant, class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const hn::TFromD<D>* c) {
    constexpr bool kHasMean = kVariant % 2 == 1, kHasSum = kVariant >= 2;
    const V keep = hn::Set(d, c[0]), take = hn::Set(d, c[1]);
    s[0] = hn::Add(hn::Mul(keep, s[0]), hn::Mul(hn::Mul(take, g), g));
    V v = s[0];
    if constexpr (kHasMean) {
      s[1] = hn::Add(hn::Mul(keep, s[1]), hn::Mul(take, g));
      v = hn::Sub(v, hn::Mul(hn::Mul(hn::Set(d, c[4]), s[1]), s[1]));
      v = greater_of(v, hn::Zero(d));
    }
    const V u = hn::Div(g, hn::Add(hn::Sqrt(hn::Add(v, hn::Set(d, c[2]))), hn::Set(d, c[3])));
    if constexpr (!kHasSum) return u;
    V& b = s[kHasMean ? 2 : 1];
    b = hn::Add(hn::Mul(hn::Set(d, c[5]), b), hn::Mul(hn::Set(d, c[6]), u));
    return b;
  }
};
THALWEG_TRANSFORM(RmsProp)
