// madgrad: dual averaging over cube roots of sums of squares.   Defazio and Jelassi 2021, arXiv:2101.11075,
// Algorithm 1
//   w  = rate sqrt(t)                    scope element     state n s, zeros; x: p before its first update
//   n <- n + w g^2,   s <- s + w g       reads g p n s x   writes u n s x
//   z  = x - s / (cbrt(n) + eps)         c = 1 - momentum
//   u  = c (p - z)                       exact: what has never had a gradient stays, while eps > 0
// The rates behind it are inside, in w. The authors' code adds eps to the rate too; their decay is L2.
struct Madgrad {
  static constexpr Option kOptions[] = {
      share_kept("momentum", "0.9", "share of the parameter that is kept on the way to the dual average"),
      eps_option("1e-6")};
  static constexpr std::string_view kState[] = {"n", "s", "x"};
  static constexpr Card kCard{"madgrad", "dual averaging, divided by cube roots of sums of squares",
                              "Defazio and Jelassi 2021, arXiv:2101.11075", kOptions, false};
  static constexpr bool kSees = true;

  static bool rate_inside(Numbers) { return true; }

  static double prepare(const Moment& now, Coefs& c) {
    c = {now.rate * std::sqrt(static_cast<double>(now.t)), now.o[1], 1.0 - now.o[0], now.t == 1 ? 1.0 : 0.0};
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, const Seen<V>& x, V* s, const hn::TFromD<D>* c) {
    const V weighted = hn::Mul(hn::Set(d, c[0]), x.update);
    s[0] = hn::Add(s[0], hn::Mul(weighted, x.update));
    s[1] = hn::Add(s[1], weighted);
    s[2] = hn::IfThenElse(hn::Gt(hn::Set(d, c[3]), hn::Zero(d)), x.value, s[2]);
    const V away = hn::Div(s[1], hn::Add(cube_root(d, s[0]), hn::Set(d, c[1])));
    return hn::Mul(hn::Set(d, c[2]), hn::Add(hn::Sub(x.value, s[2]), away));
  }
};
THALWEG_TRANSFORM(Madgrad)
