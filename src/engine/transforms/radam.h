// radam: Adam that waits for its mean square to be trusted.   Liu et al. 2019, arXiv:1908.03265, Algorithm 2
//   m <- b1 m + (1-b1) g,  v <- b2 v + (1-b2) g^2     scope element     state m v, zeros; vmax with amsgrad
//   u  = l(r) (m / c1) sqrt(c2) / (sqrt(v) + eps)     reads g m v   writes u m v
//        where r > threshold, else m / c1             c1 = 1 - b1^t, c2 = 1 - b2^t
// r is the length of the average square and l(r) the rectification: Rectifier in numbers.h.
// eps_place: `raw` as above (torch), or `corrected`: sqrt(v / c2) + eps (optax, TensorFlow Addons).
// threshold: 5 (torch, optax), 4 in the paper; inclusive: r >= threshold (optax, TensorFlow Addons).
// amsgrad: the largest v so far in place of v (TensorFlow Addons). Exact: 0 stays 0 while eps > 0.
struct Radam {
  static constexpr Option kOptions[] = {
      beta1_option("0.9"),
      beta2_option("0.999"),
      eps_option("1e-8"),
      choice_option("eps_place", "raw|corrected", "raw",
                    "eps is added to the raw root or to the corrected one"),
      threshold_option(),
      flag_option("inclusive", "false", "a length equal to the threshold is enough"),
      amsgrad_option(),
      kDialect};
  static constexpr DialectDefault kDialects[] = {
      {"optax", "eps_place", "corrected"}, {"optax", "inclusive", "true"}, {"paper", "threshold", "4"}};
  static constexpr std::string_view kState[] = {"m", "v", "vmax"};
  static constexpr Names kVariants[] = {{kState, 2}, kState};  // without and with amsgrad
  static constexpr Card kCard{"radam",
                              "Adam that divides by its mean square once that is trusted",
                              "Liu et al. 2019, arXiv:1908.03265",
                              kOptions,
                              false,
                              kDialects};

  static std::size_t variant(Numbers o) { return o[6] != 0.0 ? 1 : 0; }

  static double prepare(const Moment& now, Coefs& c) {
    const Numbers o = now.o;
    const double c1 = one_minus_power(o[0], now.t), c2 = one_minus_power(o[1], now.t);
    const Rectifier r(o[1], now.t);
    const bool divides = r.holds(o[4], o[5] != 0.0);
    c = {o[0], 1.0 - o[0], o[1], 1.0 - o[1]};
    c[4] = o[2] * (o[3] == 1.0 ? std::sqrt(c2) : 1.0);
    c[5] = divides ? 1.0 : 0.0;
    return divides ? r.factor() * std::sqrt(c2) / c1 : 1.0 / c1;
  }
  template <std::size_t kVariant, class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const hn::TFromD<D>* c) {
    s[0] = average(d, s[0], g, c);
    s[1] = average_square(d, s[1], g, c + 2);
    V v = s[1];
    if constexpr (kVariant == 1) v = s[2] = greater_of(s[2], v);
    const V divided = hn::Div(s[0], hn::Add(hn::Sqrt(v), hn::Set(d, c[4])));
    return hn::IfThenElse(hn::Gt(hn::Set(d, c[5]), hn::Zero(d)), divided, s[0]);
  }
};
THALWEG_TRANSFORM(Radam)
