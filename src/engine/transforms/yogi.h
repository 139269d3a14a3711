struct Yogi {
  static constexpr std::string_view kFormula = R"(
    m <- beta1 m + (1 - beta1) g
    v <- v - (1 - beta2) sign(v - g^2) g^2
    u  = (m / c1) / (sqrt(v / c2) + eps)
    c1 = 1 - beta1^t and c2 = 1 - beta2^t; both are 1 without bias_correction
    the paper corrects nothing, as ensmallen; optax corrects both, as if they began at 0, and
    begins m with initial_accumulator too (accumulator_in_m)
    state m, zeros; v, initial_accumulator; reads g m v, writes u m v; 0 stays 0
    without accumulator_in_m
  )";
  static constexpr Option kOptions[] = {
      beta1_option("0.9"),
      share_kept("beta2", "0.999", "1 - the share of a new square that the average moves by"),
      eps_option("0.001"),
      initial_option("1e-6", "initial average square"),
      flag_option("accumulator_in_m", "false", "the average gradient starts from it too"),
      correction_option()};
  static constexpr DialectDefault kDialects[] = {{"optax", "accumulator_in_m", "true"},
                                                 {"paper", "bias_correction", "false"}};
  static constexpr std::string_view kState[] = {"m", "v"};
  static constexpr Correction kCorrected[] = {{"m", "beta1"}, {"v", "beta2"}};
  static bool corrects(Numbers o, std::string_view) { return option_of<Yogi, "bias_correction">(o); }
  static constexpr Card kCard =
      Card("yogi", "Adam whose mean square moves by a fixed share of each new square",
           "Zaheer et al. 2018, NeurIPS 31", kOptions, false, kDialects);

  static double initial(Numbers o, std::size_t i) {
    return i == 1 || option_of<Yogi, "accumulator_in_m">(o) ? option_of<Yogi, "initial_accumulator">(o) : 0.0;
  }
  template <class T>
  struct Prepared {
    Kept<T> m;
    T take_v, eps;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [beta1, beta2, eps, initial_accumulator, accumulator_in_m, bias_correction] =
        options_of<Yogi>(now);
    const double c1 = bias_correction ? one_minus_power(beta1, now.t) : 1.0;
    const double root = bias_correction ? std::sqrt(one_minus_power(beta2, now.t)) : 1.0;
    c = {kept(beta1), 1.0 - beta2, eps * root};
    return root / c1;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const auto& c) {
    V &m = s[0], &v = s[1];
    m = average(m, g, c.m);
    const V square = hn::Mul(g, g);
    v = hn::Sub(v, hn::Mul(hn::Mul(c.take_v, sign_of(d, hn::Sub(v, square))), square));
    return hn::Div(m, divisor_of(d, hn::Add(hn::Sqrt(v), c.eps)));
  }
};
THALWEG_TRANSFORM(Yogi)
