// ademamix: Adam with a second, slow average of gradients.   Pagliardini, Ablin and Grangier 2024,
// arXiv:2409.03137, Algorithm 1
//   m <- b1 m + (1-b1) g,   n <- b3_t n + (1-b3_t) g     scope element     state m n v, zeros
//   v <- b2 v + (1-b2) g^2                               reads g m n v   writes u m n v
//   u  = (m / c1 + alpha_t n) / (sqrt(v / c2) + eps)     c1 = 1 - b1^t, c2 = 1 - b2^t; n is not corrected
//   alpha_t = min(t / T, 1) alpha     T = alpha_warmup; 0: alpha itself
//   1 / ln b3_t = (1-s) / ln b1 + s / ln b3   with s = min(t / T, 1), T = beta3_warmup
// The last line says that the half-life ln 0.5 / ln b grows linearly, as the authors do (who add 1e-8 to b);
// exp(ln b1 ln b3 / ((1-s) ln b3 + s ln b1)) of bitsandbytes and pytorch_optimizer is the same number.
// Exact: 0 stays 0 while eps > 0. Computed as sqrt(c2)/c1 * [(m + c1 alpha_t n) / (sqrt(v) + sqrt(c2) eps)].
struct Ademamix {
  static constexpr Option kOptions[] = {
      beta1_option("0.9"),
      beta2_option("0.999"),
      share_kept("beta3", "0.9999", "share of the slow average that is kept"),
      scalar_option("alpha", "5", kNotNegative, "weight of the slow average"),
      eps_option("1e-8"),
      {.name = "alpha_warmup",
       .type = OptionType::number,
       .fallback = "0",
       .range = kNotNegative,
       .doc = "updates in which the weight grows from 0"},
      {.name = "beta3_warmup",
       .type = OptionType::number,
       .fallback = "0",
       .range = kNotNegative,
       .doc = "updates in which beta3 grows from beta1"}};
  static constexpr std::string_view kState[] = {"m", "n", "v"};
  static constexpr Card kCard{"ademamix", "Adam with a fast and a slow average of gradients",
                              "Pagliardini, Ablin and Grangier 2024, arXiv:2409.03137", kOptions, false};

  static double part_of(double warmup, std::uint64_t t) {
    const double done = static_cast<double>(t);
    return done < warmup ? done / warmup : 1.0;
  }
  static double slow_share(Numbers o, double s) {
    if (s == 1.0) return o[2];
    return std::exp(1.0 / ((1.0 - s) / std::log(o[0]) + s / std::log(o[2])));
  }
  static double prepare(const Moment& now, Coefs& c) {
    const Numbers o = now.o;
    const double c1 = one_minus_power(o[0], now.t), root = std::sqrt(one_minus_power(o[1], now.t));
    const double beta3 = slow_share(o, part_of(o[6], now.t)), alpha = o[3] * part_of(o[5], now.t);
    c = {o[0], 1.0 - o[0], beta3, 1.0 - beta3, o[1], 1.0 - o[1], c1 * alpha, o[4] * root};
    return root / c1;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const hn::TFromD<D>* c) {
    s[0] = average(d, s[0], g, c);
    s[1] = average(d, s[1], g, c + 2);
    s[2] = average_square(d, s[2], g, c + 4);
    const V both = hn::Add(s[0], hn::Mul(hn::Set(d, c[6]), s[1]));
    return hn::Div(both, hn::Add(hn::Sqrt(s[2]), hn::Set(d, c[7])));
  }
};
THALWEG_TRANSFORM(Ademamix)
