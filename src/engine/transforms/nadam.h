struct Nadam {
  static constexpr std::string_view kFormula = R"(
    m <- beta1 m + (1 - beta1) g,   v <- beta2 v + (1 - beta2) g^2
    mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2),   P_t = mu_1 ... mu_t
    u  = ((1 - mu_t) / (1 - P_t) g + mu_t+1 / (1 - P_t+1) m) / (sqrt(v / c2 + eps_root) + eps)
    c2 = 1 - beta2^t; momentum_decay is 0.004 in the paper and in torch, 1 in Keras
    mu=constant: mu_t = beta1, so that P_t = beta1^t (optax)
    state m v, zeros; keeps P of each parameter; reads g m v, writes u m v; 0 stays 0
  )";
  static constexpr Option kOptions[] = {
      beta1_option("0.9"),
      beta2_option("0.999"),
      eps_option("1e-8"),
      eps_root_option("0", "added inside the corrected root"),
      choice_option("mu", "growing|constant", "growing",
                    "the momentum grows from about beta1 / 2 to beta1, or is beta1"),
      scalar_option("momentum_decay", "0.004", kNotNegative,
                    "how fast the momentum grows: its distance from beta1 falls as 0.96^(t momentum_decay)")};
  static constexpr DialectDefault kDialects[] = {
      {"keras", "eps", "1e-7"}, {"keras", "momentum_decay", "1"}, {"optax", "mu", "constant"}};
  static constexpr std::string_view kState[] = {"m", "v"};
  static constexpr Correction kCorrected[] = {{"v", "beta2"}};
  static constexpr std::string_view kNumbers[] = {"mu_product"};
  static constexpr Card kCard{
      "nadam", "Adam with Nesterov momentum", "Dozat 2016, ICLR workshop", kOptions, false, kDialects};

  template <class T>
  struct Prepared {
    Kept<T> m, v;
    T of_gradient, of_m, eps_root, eps;
  };
  static double mu_at(Numbers o, double t) {
    const auto [beta1, beta2, eps, eps_root, mu, momentum_decay] = options_of<Nadam>(o);
    return mu == "constant" ? beta1 : beta1 * (1.0 - 0.5 * std::pow(0.96, t * momentum_decay));
  }
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [beta1, beta2, eps, eps_root, mu, momentum_decay] = options_of<Nadam>(now);
    const double t = static_cast<double>(now.t), next = mu_at(now.o, t + 1.0);
    double& product = now.numbers[0];
    product = (now.t == 1 ? 1.0 : product) * mu_at(now.o, t);
    const double c2 = one_minus_power(beta2, now.t);
    c.m = kept(beta1), c.v = kept(beta2);
    c.of_gradient = (1.0 - mu_at(now.o, t)) / (1.0 - product);
    c.of_m = next / (1.0 - product * next);
    c.eps_root = eps_root * c2;
    c.eps = eps * std::sqrt(c2);
    return std::sqrt(c2);
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const auto& c) {
    V &m = s[0], &v = s[1];
    m = average(m, g, c.m);
    v = average_square(v, g, c.v);
    const V ahead = hn::Add(hn::Mul(c.of_gradient, g), hn::Mul(c.of_m, m));
    return hn::Div(ahead, divisor_of(d, hn::Add(hn::Sqrt(hn::Add(v, c.eps_root)), c.eps)));
  }
};
THALWEG_TRANSFORM(Nadam)
