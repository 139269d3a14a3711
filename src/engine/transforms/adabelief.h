// adabelief: Adam that divides by how far gradients are from their average.   Zhuang et al. 2020,
// arXiv:2010.07468, Algorithm 2
//   m <- b1 m + (1-b1) g                        scope element     state m v, zeros; vmax with amsgrad
//   v <- b2 v + (1-b2) (g - m)^2 + eps_root     reads g m v   writes u m v
//   u  = (m / c1) / (sqrt(v / c2) + eps)        c1 = 1 - b1^t, c2 = 1 - b2^t
// eps_root stays in v, so that it adds up, as in the paper and in optax and TensorFlow Addons. amsgrad: the
// largest v so far in place of v. rectify: u is l(r) times that where r >= threshold, else m / c1, with r
// and l of radam (TensorFlow Addons; on by default in the authors' code). Exact: 0 stays 0 while an eps > 0.
// Computed as sqrt(c2)/c1 * [m / (sqrt(v) + sqrt(c2) eps)].
struct Adabelief {
  static constexpr Option kOptions[] = {
      beta1_option("0.9"),
      share_kept("beta2", "0.999", "share of the average squared surprise that is kept"),
      eps_option("1e-16"),
      eps_root_option("1e-16", "added to the average square in every update, and kept there"),
      amsgrad_option(),
      flag_option("rectify", "false", "divide once the average square is long enough to be trusted"),
      threshold_option("rectify")};
  static constexpr std::string_view kState[] = {"m", "v", "vmax"};
  static constexpr Names kVariants[] = {{kState, 2}, kState};  // without and with amsgrad
  static constexpr Card kCard{"adabelief",
                              "Adam that divides by the distance of gradients from their average",
                              "Zhuang et al. 2020, arXiv:2010.07468", kOptions, false};

  static std::size_t variant(Numbers o) { return o[4] != 0.0 ? 1 : 0; }

  static double prepare(const Moment& now, Coefs& c) {
    const Numbers o = now.o;
    const double c1 = one_minus_power(o[0], now.t), root = std::sqrt(one_minus_power(o[1], now.t));
    const Rectifier r(o[1], now.t);
    const bool rectifies = o[5] != 0.0, divides = !rectifies || r.holds(o[6], true);
    c = {o[0], 1.0 - o[0], o[1], 1.0 - o[1], o[3], o[2] * root, divides ? 1.0 : 0.0};
    if (!divides) return 1.0 / c1;
    return (rectifies ? r.factor() : 1.0) * root / c1;
  }
  template <std::size_t kVariant, class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const hn::TFromD<D>* c) {
    s[0] = average(d, s[0], g, c);
    s[1] = hn::Add(average_square(d, s[1], hn::Sub(g, s[0]), c + 2), hn::Set(d, c[4]));
    V v = s[1];
    if constexpr (kVariant == 1) v = s[2] = greater_of(s[2], v);
    const V divided = hn::Div(s[0], hn::Add(hn::Sqrt(v), hn::Set(d, c[5])));
    return hn::IfThenElse(hn::Gt(hn::Set(d, c[6]), hn::Zero(d)), divided, s[0]);
  }
};
THALWEG_TRANSFORM(Adabelief)
