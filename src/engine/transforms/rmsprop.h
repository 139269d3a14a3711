struct RmsProp {
  static constexpr std::string_view kFormula = R"(
    v <- alpha v + (1 - alpha) g^2,   m <- alpha m + (1 - alpha) g
    u  = g / (sqrt(v - m^2) + eps);   m = 0 unless centered; v - m^2 below 0 counts as 0
    b <- momentum b + u, and b is the update, with momentum; rate u in place of u with
    rate_inside (Keras, optax)
    eps_place: outside as above (torch), or inside: sqrt(v - m^2 + eps)
    bias_correction divides v and m by 1 - alpha^t first
    state v, initial_accumulator; m with centered, b with momentum, zeros
    reads g v m b, writes u v m b; 0 stays 0   (centered: Graves 2013)
  )";
  static constexpr Option kOptions[] = {
      share_kept("alpha", "0.99", "share of the average square that is kept"),
      eps_option("1e-8"),
      choice_option("eps_place", "outside|inside", "outside", "eps is added to the root or inside it"),
      flag_option("centered", "false",
                  "divide by the root of the variance: subtract the square of the average gradient"),
      share_kept("momentum", "0", "share that is kept of a running sum of updates; 0: no sum"),
      needing(
          "momentum",
          flag_option("rate_inside", "false",
                      "the running sum is of rate * update, so that a new rate does not rescale the past")),
      initial_option("0", "initial average square"),
      flag_option("bias_correction", "false", "divide the averages by 1 - alpha^t")};
  static constexpr DialectDefault kDialects[] = {
      {"optax", "alpha", "0.9"},       {"optax", "eps_place", "inside"}, {"optax", "rate_inside", "true"},
      {"keras", "alpha", "0.9"},       {"keras", "eps", "1e-7"},         {"keras", "eps_place", "inside"},
      {"keras", "rate_inside", "true"}};
  static constexpr std::string_view kPlain[] = {"v"}, kCentred[] = {"v", "m"}, kMomentum[] = {"v", "b"},
                                    kBoth[] = {"v", "m", "b"};
  static constexpr Names kVariants[] = {kPlain, kCentred, kMomentum, kBoth};
  static constexpr Correction kCorrected[] = {{"v", "alpha"}, {"m", "alpha"}};
  static bool corrects(Numbers o, std::string_view) { return option_of<RmsProp, "bias_correction">(o); }
  static constexpr Card kCard =
      Card("rmsprop", "divide by a moving root mean square of the gradient",
           "Tieleman and Hinton 2012, Neural Networks for Machine Learning, Lecture 6.5", kOptions, false,
           kDialects);

  static std::size_t variant(Numbers o) {
    return (option_of<RmsProp, "centered">(o) ? 1u : 0u) +
           (option_of<RmsProp, "momentum">(o) != 0.0 ? 2u : 0u);
  }
  static bool rate_inside(Numbers o) {
    return option_of<RmsProp, "momentum">(o) != 0.0 && option_of<RmsProp, "rate_inside">(o);
  }
  static double initial(Numbers o, std::size_t i) {
    return i == 0 ? option_of<RmsProp, "initial_accumulator">(o) : 0.0;
  }

  template <class T>
  struct Prepared {
    Kept<T> averages;
    T inside, outside, over_left;
    Kept<T> b;
  };
  // sqrt(v/left - (m/left)^2) is computed as sqrt(1/left) sqrt(v - m^2/left).
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [alpha, eps, eps_place, centered, momentum, rate_inside, initial_accumulator,
                bias_correction] = options_of<RmsProp>(now);
    const double left = bias_correction ? one_minus_power(alpha, now.t) : 1.0;
    const double factor = std::sqrt(left);
    const bool inside = eps_place == "inside";
    c = {.averages = kept(alpha),
         .inside = inside ? eps * left : 0.0,
         .outside = inside ? 0.0 : eps * factor,
         .over_left = 1.0 / left,
         .b = {momentum, factor * now.rate}};
    return momentum != 0.0 ? 1.0 : factor;
  }
  template <std::size_t kVariant, class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const auto& c) {
    constexpr bool kHasMean = kVariant % 2 == 1, kHasSum = kVariant >= 2;
    V v = s[0] = average_square(s[0], g, c.averages);
    if constexpr (kHasMean) {
      const V m = s[1] = average(s[1], g, c.averages);
      v = greater_of(hn::Sub(v, hn::Mul(hn::Mul(c.over_left, m), m)), hn::Zero(d));
    }
    const V u = hn::Div(g, divisor_of(d, hn::Add(hn::Sqrt(hn::Add(v, c.inside)), c.outside)));
    if constexpr (!kHasSum) return u;
    V& b = s[kHasMean ? 2 : 1];
    return b = average(b, u, c.b);
  }
};
THALWEG_TRANSFORM(RmsProp)
