struct Adadelta {
  static constexpr std::string_view kFormula = R"(
    v <- rho v + (1 - rho) g^2
    u  = sqrt(a + eps) / sqrt(v + eps) * g
    a <- rho a + (1 - rho) u^2
    every library has this form and multiplies u by the rate; the defaults differ
    (torch, optax 0.9 and 1e-6, the paper 0.95 and 1e-6, Keras 0.95 and 1e-7)
    state v a, zeros; reads g v a, writes u v a; 0 stays 0
  )";
  static constexpr Option kOptions[] = {share_kept("rho", "0.9", "share of the average squares that is kept"),
                                        eps_option("1e-6")};
  static constexpr DialectDefault kDialects[] = {
      {"keras", "rho", "0.95"}, {"keras", "eps", "1e-7"}, {"paper", "rho", "0.95"}};
  static constexpr std::string_view kState[] = {"v", "a"};
  static constexpr Card kCard =
      Card("adadelta", "the ratio of two moving root mean squares is each element's rate",
           "Zeiler 2012, arXiv:1212.5701", kOptions, false, kDialects);

  template <class T>
  struct Prepared {
    Kept<T> squares;
    T eps;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [rho, eps] = options_of<Adadelta>(now);
    c = {kept(rho), eps};
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const auto& c) {
    V &v = s[0], &a = s[1];
    v = average_square(v, g, c.squares);
    const V u = hn::Mul(hn::Div(hn::Sqrt(hn::Add(a, c.eps)), divisor_of(d, hn::Sqrt(hn::Add(v, c.eps)))), g);
    a = average_square(a, u, c.squares);
    return u;
  }
};
THALWEG_TRANSFORM(Adadelta)
