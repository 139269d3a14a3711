// yogi: Adam whose mean square moves by a fixed share of the new square.   Zaheer, Reddi, Sachan, Kale and
// Kumar 2018, Adaptive Methods for Nonconvex Optimization (NeurIPS)
//   m <- b1 m + (1-b1) g                        scope element     state m v, v initial_accumulator
//   v <- v - (1-b2) sign(v - g^2) g^2           reads g m v   writes u m v
//   u  = (m / c1) / (sqrt(v / c2) + eps)        c1 = 1 - b1^t, c2 = 1 - b2^t; 1 without bias_correction
// The paper corrects nothing, as ensmallen; optax corrects both, as if they began at 0, and begins m with
// initial_accumulator too (accumulator_in_m). Exact: 0 stays 0 while eps > 0 and not accumulator_in_m.
struct Yogi {
  static constexpr Option kOptions[] = {
      beta1_option("0.9"),
      share_kept("beta2", "0.999", "1 - the share of a new square that the average moves by"),
      eps_option("0.001"),
      initial_option("1e-6", "what the average square begins with"),
      flag_option("accumulator_in_m", "false", "the average gradient begins with it too"),
      correction_option(),
      kDialect};
  static constexpr DialectDefault kDialects[] = {{"optax", "accumulator_in_m", "true"},
                                                 {"paper", "bias_correction", "false"}};
  static constexpr std::string_view kState[] = {"m", "v"};
  static constexpr Card kCard{"yogi",
                              "Adam whose mean square moves by a fixed share of each new square",
                              "Zaheer et al. 2018, NeurIPS 31",
                              kOptions,
                              false,
                              kDialects};

  static double initial(Numbers o, std::size_t i) { return i == 1 || o[4] != 0.0 ? o[3] : 0.0; }

  static double prepare(const Moment& now, Coefs& c) {
    const Numbers o = now.o;
    const bool corrects = o[5] != 0.0;
    const double root = corrects ? std::sqrt(one_minus_power(o[1], now.t)) : 1.0;
    c = {o[0], 1.0 - o[0], 1.0 - o[1], o[2] * root};
    return root / (corrects ? one_minus_power(o[0], now.t) : 1.0);
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const hn::TFromD<D>* c) {
    s[0] = average(d, s[0], g, c);
    const V square = hn::Mul(g, g);
    const V towards = sign_of(d, hn::Sub(s[1], square));
    s[1] = hn::Sub(s[1], hn::Mul(hn::Mul(hn::Set(d, c[2]), towards), square));
    return hn::Div(s[0], hn::Add(hn::Sqrt(s[1]), hn::Set(d, c[3])));
  }
};
THALWEG_TRANSFORM(Yogi)
