// nadam: Adam whose momentum looks ahead.   Dozat 2016, Incorporating Nesterov Momentum into Adam (ICLR
// workshop)
//   m <- b1 m + (1-b1) g,   v <- b2 v + (1-b2) g^2        scope element     state m v, zeros
//   mu_t = b1 (1 - 0.96^(t psi) / 2),   P_t = mu_1 ... mu_t     kept for each parameter: P
//   u  = ((1-mu_t)/(1-P_t) g + mu_{t+1}/(1-P_{t+1}) m) / (sqrt(v / c2 + eps_root) + eps),   c2 = 1 - b2^t
// psi is momentum_decay: 0.004 in the paper and in torch, 1 in Keras. mu=constant: mu_t = b1, so that
// P_t = b1^t (optax). Exact: 0 stays 0 while eps > 0. Computed as sqrt(c2) times what has c2 eps_root and
// sqrt(c2) eps in the denominator.
struct Nadam {
  static constexpr Option kOptions[] = {
      beta1_option("0.9"),
      beta2_option("0.999"),
      eps_option("1e-8"),
      eps_root_option("0", "added inside the corrected root"),
      choice_option("mu", "growing|constant", "growing",
                    "the momentum grows from about beta1 / 2 to beta1, or is beta1"),
      scalar_option("momentum_decay", "0.004", kNotNegative,
                    "how fast the momentum grows: its distance from beta1 falls as 0.96^(t momentum_decay)"),
      kDialect};
  static constexpr DialectDefault kDialects[] = {
      {"keras", "eps", "1e-7"}, {"keras", "momentum_decay", "1"}, {"optax", "mu", "constant"}};
  static constexpr std::string_view kState[] = {"m", "v"};
  static constexpr std::string_view kNumbers[] = {"mu_product"};
  static constexpr Card kCard{
      "nadam", "Adam whose momentum looks ahead", "Dozat 2016, ICLR workshop", kOptions, false, kDialects};

  static double mu(Numbers o, double t) {
    return o[4] == 1.0 ? o[0] : o[0] * (1.0 - 0.5 * std::pow(0.96, t * o[5]));
  }
  static double prepare(const Moment& now, Coefs& c) {
    const Numbers o = now.o;
    const double t = static_cast<double>(now.t), next = mu(o, t + 1.0);
    double& product = now.numbers[0];
    product = (now.t == 1 ? 1.0 : product) * mu(o, t);
    const double c2 = one_minus_power(o[1], now.t);
    c = {o[0], 1.0 - o[0], o[1], 1.0 - o[1]};
    c[4] = (1.0 - mu(o, t)) / (1.0 - product);
    c[5] = next / (1.0 - product * next);
    c[6] = o[3] * c2;
    c[7] = o[2] * std::sqrt(c2);
    return std::sqrt(c2);
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const hn::TFromD<D>* c) {
    s[0] = average(d, s[0], g, c);
    s[1] = average_square(d, s[1], g, c + 2);
    const V ahead = hn::Add(hn::Mul(hn::Set(d, c[4]), g), hn::Mul(hn::Set(d, c[5]), s[0]));
    return hn::Div(ahead, hn::Add(hn::Sqrt(hn::Add(s[1], hn::Set(d, c[6]))), hn::Set(d, c[7])));
  }
};
THALWEG_TRANSFORM(Nadam)
