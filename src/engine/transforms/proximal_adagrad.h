struct ProximalAdagrad {
  static constexpr std::string_view kFormula = R"(
    s <- s + g^2,   a = rate / sqrt(s), or 0
    w  = p - a g
    p <- sign(w) max(|w| - a l1, 0) / (1 + a l2);   below the threshold exactly 0
    rate is the product of the rates to its right, which act inside
    state s, initial_accumulator; reads g p s, writes u s
  )";
  static constexpr Option kOptions[] = {
      scalar_option("l1", "0", kNotNegative, "threshold, scaled by each element's rate"),
      scalar_option("l2", "0", kNotNegative, "proximal decay, scaled by each element's rate"),
      initial_option("0.1", "initial sum of squares")};
  static constexpr std::string_view kState[] = {"s"};
  static constexpr Card kCard{"proximal_adagrad", "AdaGrad with proximal steps of l1 and l2: sparse weights",
                              "Duchi and Singer 2009, JMLR 10", kOptions, false};
  static constexpr bool kSees = true;

  static bool rate_inside(Numbers) { return true; }
  static double initial(Numbers o, std::size_t) {
    return option_of<ProximalAdagrad, "initial_accumulator">(o);
  }
  template <class T>
  struct Prepared {
    T rate, l1, l2;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [l1, l2, initial_accumulator] = options_of<ProximalAdagrad>(now);
    c = {now.rate, l1, l2};
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, const Seen<V>& x, V* s, const auto& c) {
    s[0] = hn::Add(s[0], hn::Mul(x.update, x.update));
    const V rate = ratio_of(d, c.rate, hn::Sqrt(s[0])), zero = hn::Zero(d);
    const V w = hn::Sub(x.value, hn::Mul(rate, x.update));
    const V left = hn::Sub(hn::Abs(w), hn::Mul(rate, c.l1));
    const V kept = hn::IfThenElse(hn::Lt(left, zero), zero, hn::CopySign(left, w));
    const V shrunk = hn::Div(kept, hn::Add(hn::Set(d, hn::TFromD<D>(1)), hn::Mul(rate, c.l2)));
    return hn::Sub(x.value, shrunk);
  }
};
THALWEG_TRANSFORM(ProximalAdagrad)
