struct Ademamix {
  static constexpr std::string_view kFormula = R"(
    m <- beta1 m + (1 - beta1) g,   n <- b n + (1 - b) g
    v <- beta2 v + (1 - beta2) g^2
    u  = (m / c1 + a n) / (sqrt(v / c2) + eps),   c1 = 1 - beta1^t, c2 = 1 - beta2^t
    a  = alpha min(t / alpha_warmup, 1),   1 / ln b = (1 - s) / ln beta1 + s / ln beta3
    s  = min(t / beta3_warmup, 1): the half-life ln 0.5 / ln b grows linearly, as the authors'
    (who add 1e-8 to b); bitsandbytes and pytorch_optimizer write the same number as
    b = exp(ln beta1 ln beta3 / ((1 - s) ln beta3 + s ln beta1))
    n is not corrected; a warm-up of 0 is none
    state m n v, zeros; reads g m n v, writes u m n v; 0 stays 0
  )";
  static constexpr Option kOptions[] = {
      beta1_option("0.9"),
      beta2_option("0.999"),
      share_kept("beta3", "0.9999", "share of the slow average that is kept"),
      scalar_option("alpha", "5", kNotNegative, "weight of the slow average"),
      eps_option("1e-8"),
      number_option("alpha_warmup", "0", kNotNegative, "updates over which the weight grows from 0"),
      number_option("beta3_warmup", "0", kNotNegative, "updates over which beta3 grows from beta1")};
  static constexpr std::string_view kState[] = {"m", "n", "v"};
  static constexpr Correction kCorrected[] = {{"m", "beta1"}, {"v", "beta2"}};
  static constexpr Card kCard{"ademamix", "Adam with a fast and a slow average of gradients",
                              "Pagliardini, Ablin and Grangier 2024, arXiv:2409.03137", kOptions, false};

  template <class T>
  struct Prepared {
    Kept<T> m, n, v;
    T alpha, eps;
  };
  static double part_of(double warmup, std::uint64_t t) {
    const double done = static_cast<double>(t);
    return done < warmup ? done / warmup : 1.0;
  }
  static double slow_share(double beta1, double beta3, double s) {
    return s == 1.0 ? beta3 : std::exp(1.0 / ((1.0 - s) / std::log(beta1) + s / std::log(beta3)));
  }
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [beta1, beta2, beta3, alpha, eps, alpha_warmup, beta3_warmup] = options_of<Ademamix>(now);
    const double c1 = one_minus_power(beta1, now.t), root = std::sqrt(one_minus_power(beta2, now.t));
    const double slow = slow_share(beta1, beta3, part_of(beta3_warmup, now.t));
    const double weight = alpha * part_of(alpha_warmup, now.t);
    c = {kept(beta1), kept(slow), kept(beta2), c1 * weight, eps * root};
    return root / c1;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const auto& c) {
    V &m = s[0], &n = s[1], &v = s[2];
    m = average(m, g, c.m);
    n = average(n, g, c.n);
    v = average_square(v, g, c.v);
    return hn::Div(hn::Add(m, hn::Mul(c.alpha, n)), divisor_of(d, hn::Add(hn::Sqrt(v), c.eps)));
  }
};
THALWEG_TRANSFORM(Ademamix)
