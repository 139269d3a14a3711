// adan: Nesterov's momentum from differences of gradients.   Xie et al. 2022, arXiv:2208.06677, Algorithm 1
//   d  = g - l,  l <- g;  d = 0 in the first update        scope element     state m v n l, zeros
//   m <- m + (1-b1) (g - m),   v <- v + (1-b2) (d - v)     reads g m v n l   writes u m v n l
//   n <- n + (1-b3) ((g + f d)^2 - n)                      c1 = 1 - b1^t, c2, c3 likewise
//   u  = (m / c1 + f v / c2) / (sqrt(n / c3 + eps_root) + eps)
// The betas are shares that are kept, as in every library: 1 - those of the paper. difference_factor: f is
// `beta2`, the paper's, or `taken`, 1 - beta2 (optax). The paper's decay is proximal: `adan | l2(0.02) | lr`.
// Exact: 0 stays 0 while eps > 0. Computed as sqrt(c3)/c1 * [(m + f c1/c2 v) / (sqrt(n + c3 eps_root) +
// sqrt(c3) eps)].
struct Adan {
  static constexpr Option kOptions[] = {
      beta1_option("0.98"),
      share_kept("beta2", "0.92", "share of the average difference that is kept"),
      share_kept("beta3", "0.99", "share of the average square that is kept"),
      eps_option("1e-8"),
      eps_root_option("0", "added inside the corrected root"),
      choice_option("difference_factor", "beta2|taken", "beta2",
                    "what weighs differences: beta2 as in the paper, or 1 - beta2 as in optax"),
      kDialect};
  static constexpr DialectDefault kDialects[] = {{"optax", "difference_factor", "taken"}};
  static constexpr std::string_view kState[] = {"m", "v", "n", "l"};
  static constexpr Card kCard{"adan",
                              "Nesterov's momentum from differences of gradients, over a root mean square",
                              "Xie et al. 2022, arXiv:2208.06677",
                              kOptions,
                              false,
                              kDialects};

  static double prepare(const Moment& now, Coefs& c) {
    const Numbers o = now.o;
    const double c1 = one_minus_power(o[0], now.t), c2 = one_minus_power(o[1], now.t);
    const double c3 = one_minus_power(o[2], now.t);
    const double f = o[5] == 1.0 ? 1.0 - o[1] : o[1];
    c = {1.0 - o[0], 1.0 - o[1], 1.0 - o[2], f, f * c1 / c2, o[4] * c3, o[3] * std::sqrt(c3)};
    c[7] = now.t == 1 ? 0.0 : 1.0;
    return std::sqrt(c3) / c1;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const hn::TFromD<D>* c) {
    const V difference = hn::Mul(hn::Set(d, c[7]), hn::Sub(g, s[3]));
    const V ahead = hn::Add(g, hn::Mul(hn::Set(d, c[3]), difference));
    s[0] = hn::Add(s[0], hn::Mul(hn::Set(d, c[0]), hn::Sub(g, s[0])));
    s[1] = hn::Add(s[1], hn::Mul(hn::Set(d, c[1]), hn::Sub(difference, s[1])));
    s[2] = hn::Add(s[2], hn::Mul(hn::Set(d, c[2]), hn::Sub(hn::Mul(ahead, ahead), s[2])));
    s[3] = g;
    const V both = hn::Add(s[0], hn::Mul(hn::Set(d, c[4]), s[1]));
    return hn::Div(both, hn::Add(hn::Sqrt(hn::Add(s[2], hn::Set(d, c[5]))), hn::Set(d, c[6])));
  }
};
THALWEG_TRANSFORM(Adan)
