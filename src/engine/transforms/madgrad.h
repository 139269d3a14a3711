struct Madgrad {
  static constexpr std::string_view kFormula = R"(
    w  = rate sqrt(t);   n <- n + w g^2,   s <- s + w g
    z  = x - s / (cbrt(n) + eps)
    u  = (1 - momentum) (p - z)
    rate is the product of the rates to its right, which act inside; the authors' code adds
    eps to the rate too, and its decay is L2 (Algorithm 1)
    state n s, zeros; x, the parameter before its first update
    reads g p n s x, writes u n s x; what has never had a gradient stays
  )";
  static constexpr Option kOptions[] = {
      share_kept("momentum", "0.9", "share of the parameter that is kept on the way to the dual average"),
      eps_option("1e-6")};
  static constexpr std::string_view kState[] = {"n", "s", "x"};
  static constexpr Card kCard{"madgrad", "dual averaging, divided by cube roots of sums of squares",
                              "Defazio and Jelassi 2021, arXiv:2101.11075", kOptions, false};
  static constexpr bool kSees = true;

  static bool rate_inside(Numbers) { return true; }
  template <class T>
  struct Prepared {
    T weight, eps, share, first;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [momentum, eps] = options_of<Madgrad>(now);
    c = {now.rate * std::sqrt(static_cast<double>(now.t)), eps, 1.0 - momentum, now.t == 1 ? 1.0 : 0.0};
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, const Seen<V>& x, V* s, const auto& c) {
    V &squares = s[0], &sum = s[1], &start = s[2];
    const V weighted = hn::Mul(c.weight, x.update);
    squares = hn::Add(squares, hn::Mul(weighted, x.update));
    sum = hn::Add(sum, weighted);
    start = hn::IfThenElse(is_so(d, c.first), x.value, start);
    const V away = ratio_of(d, sum, hn::Add(cube_root(d, squares), c.eps));
    return hn::Mul(c.share, hn::Add(hn::Sub(x.value, start), away));
  }
};
THALWEG_TRANSFORM(Madgrad)
