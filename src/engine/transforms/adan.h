struct Adan {
  static constexpr std::string_view kFormula = R"(
    d  = g - l,   l <- g;   d = 0 in the first update
    m <- m + (1 - beta1) (g - m),   v <- v + (1 - beta2) (d - v)
    n <- n + (1 - beta3) ((g + f d)^2 - n)
    u  = (m / c1 + f v / c2) / (sqrt(n / c3 + eps_root) + eps)
    c1 = 1 - beta1^t, c2 = 1 - beta2^t, c3 = 1 - beta3^t
    the betas are shares that are kept, as in every library: 1 - those of the paper
    difference_factor: f is beta2, the paper's, or 1 - beta2 where it is `taken` (optax)
    the paper's decay is proximal: adan | l2(0.02) | lr
    state m v n l, zeros; reads g m v n l, writes u m v n l; 0 stays 0
  )";
  static constexpr Option kOptions[] = {
      beta1_option("0.98"),
      share_kept("beta2", "0.92", "share of the average difference that is kept"),
      share_kept("beta3", "0.99", "share of the average square that is kept"),
      eps_option("1e-8"),
      eps_root_option("0", "added inside the corrected root"),
      choice_option("difference_factor", "beta2|taken", "beta2",
                    "weight of the differences: beta2 as in the paper, or 1 - beta2 as in optax")};
  static constexpr DialectDefault kDialects[] = {{"optax", "difference_factor", "taken"}};
  static constexpr std::string_view kState[] = {"m", "v", "n", "l"};
  static constexpr Correction kCorrected[] = {{"m", "beta1"}, {"v", "beta2"}, {"n", "beta3"}};
  static constexpr Card kCard =
      Card("adan", "Nesterov momentum from differences of gradients, divided by a root mean square",
           "Xie et al. 2022, arXiv:2208.06677", kOptions, false, kDialects);

  template <class T>
  struct Prepared {
    T take_m, take_v, take_n, ahead, weigh_v, eps_root, eps, has_last;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [beta1, beta2, beta3, eps, eps_root, difference_factor] = options_of<Adan>(now);
    const double c1 = one_minus_power(beta1, now.t), c2 = one_minus_power(beta2, now.t);
    const double c3 = one_minus_power(beta3, now.t);
    const double f = difference_factor == "taken" ? 1.0 - beta2 : beta2;
    c = {.take_m = 1.0 - beta1,
         .take_v = 1.0 - beta2,
         .take_n = 1.0 - beta3,
         .ahead = f,
         .weigh_v = f * c1 / c2,
         .eps_root = eps_root * c3,
         .eps = eps * std::sqrt(c3),
         .has_last = now.t == 1 ? 0.0 : 1.0};
    return std::sqrt(c3) / c1;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const auto& c) {
    V &m = s[0], &v = s[1], &n = s[2], &l = s[3];
    const V difference = hn::Mul(c.has_last, hn::Sub(g, l));
    const V ahead = hn::Add(g, hn::Mul(c.ahead, difference));
    m = hn::Add(m, hn::Mul(c.take_m, hn::Sub(g, m)));
    v = hn::Add(v, hn::Mul(c.take_v, hn::Sub(difference, v)));
    n = hn::Add(n, hn::Mul(c.take_n, hn::Sub(hn::Mul(ahead, ahead), n)));
    l = g;
    return hn::Div(hn::Add(m, hn::Mul(c.weigh_v, v)),
                   divisor_of(d, hn::Add(hn::Sqrt(hn::Add(n, c.eps_root)), c.eps)));
  }
};
THALWEG_TRANSFORM(Adan)
