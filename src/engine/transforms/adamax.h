// adamax: Adam with the largest gradient of late in place of the mean square.   Kingma and Ba 2014,
// arXiv:1412.6980, Algorithm 2
//   m <- b1 m + (1-b1) g             scope element     state m n, zeros
//   n <- max(|g| + eps, b2 n)        reads g m n   writes u m n
//   u  = (m / c1) / n                c1 = 1 - b1^t; 1 without bias_correction (MLX)
// eps_place: `inside` the maximum as above (torch, optax), or `outside`: n <- max(|g|, b2 n), divided by
// n + eps (Keras, ensmallen). Exact: 0 stays 0 while eps > 0.
struct Adamax {
  static constexpr Option kOptions[] = {
      beta1_option("0.9"),
      share_kept("beta2", "0.999", "share of the largest gradient that is kept"),
      eps_option("1e-8"),
      choice_option("eps_place", "inside|outside", "inside",
                    "eps is added to the gradient inside the maximum, or to the maximum"),
      correction_option(),
      kDialect};
  static constexpr DialectDefault kDialects[] = {
      {"keras", "eps", "1e-7"}, {"keras", "eps_place", "outside"}, {"paper", "eps", "0"}};
  static constexpr std::string_view kState[] = {"m", "n"};
  static constexpr Card kCard{"adamax",
                              "Adam with the largest gradient of late as the denominator",
                              "Kingma and Ba 2014, arXiv:1412.6980",
                              kOptions,
                              false,
                              kDialects};

  static double prepare(const Moment& now, Coefs& c) {
    const Numbers o = now.o;
    const bool inside = o[3] == 0.0;
    c = {o[0], 1.0 - o[0], o[1], inside ? o[2] : 0.0, inside ? 0.0 : o[2]};
    return 1.0 / (o[4] != 0.0 ? one_minus_power(o[0], now.t) : 1.0);
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const hn::TFromD<D>* c) {
    s[0] = average(d, s[0], g, c);
    s[1] = greater_of(hn::Add(hn::Abs(g), hn::Set(d, c[3])), hn::Mul(hn::Set(d, c[2]), s[1]));
    return hn::Div(s[0], hn::Add(s[1], hn::Set(d, c[4])));
  }
};
THALWEG_TRANSFORM(Adamax)
