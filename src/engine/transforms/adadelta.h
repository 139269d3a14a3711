// adadelta: the ratio of two root mean squares is the rate.   Zeiler 2012, arXiv:1212.5701, Algorithm 1
//   v <- rho v + (1-rho) g^2                      scope element     state v a, zeros
//   u  = sqrt(a + eps) / sqrt(v + eps) * g        reads g v a   writes u v a
//   a <- rho a + (1-rho) u^2                      exact: 0 stays 0 while eps > 0
// Every library has this form, the rate multiplies u; the defaults differ (torch, optax 0.9 and 1e-6, the
// paper 0.95 and 1e-6, Keras 0.95 and 1e-7).
struct Adadelta {
  static constexpr Option kOptions[] = {share_kept("rho", "0.9", "share of the average squares that is kept"),
                                        eps_option("1e-6"), kDialect};
  static constexpr DialectDefault kDialects[] = {
      {"keras", "rho", "0.95"}, {"keras", "eps", "1e-7"}, {"paper", "rho", "0.95"}};
  static constexpr std::string_view kState[] = {"v", "a"};
  static constexpr Card kCard{"adadelta",
                              "the ratio of two moving root mean squares is each element's rate",
                              "Zeiler 2012, arXiv:1212.5701",
                              kOptions,
                              false,
                              kDialects};

  static double prepare(const Moment& now, Coefs& c) {
    c = {now.o[0], 1.0 - now.o[0], now.o[1]};
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const hn::TFromD<D>* c) {
    const V eps = hn::Set(d, c[2]);
    s[0] = average_square(d, s[0], g, c);
    const V ratio = hn::Div(hn::Sqrt(hn::Add(s[1], eps)), hn::Sqrt(hn::Add(s[0], eps)));
    const V u = hn::Mul(ratio, g);
    s[1] = average_square(d, s[1], u, c);
    return u;
  }
};
THALWEG_TRANSFORM(Adadelta)
