// proximal_adagrad: AdaGrad that sets small weights to exactly 0.   Duchi and Singer 2009, Efficient Online
// and Batch Learning Using Forward Backward Splitting (JMLR 10); Duchi, Hazan and Singer 2011
//   s <- s + g^2,   a = rate / sqrt(s)     scope element     state s, initial_accumulator
//   w  = p - a g                           reads g p s   writes u s
//   p <- sign(w) max(|w| - a l1, 0) / (1 + a l2)
// The rates behind it are inside. Exact: what falls below the threshold is 0.
struct ProximalAdagrad {
  static constexpr Option kOptions[] = {
      scalar_option("l1", "0", kNotNegative, "threshold, scaled by each element's rate"),
      scalar_option("l2", "0", kNotNegative, "proximal decay, scaled by each element's rate"),
      initial_option("0.1", "what the sum of squares begins with")};
  static constexpr std::string_view kState[] = {"s"};
  static constexpr Card kCard{"proximal_adagrad", "AdaGrad with proximal steps of l1 and l2: sparse weights",
                              "Duchi and Singer 2009, JMLR 10", kOptions, false};
  static constexpr bool kSees = true;

  static bool rate_inside(Numbers) { return true; }
  static double initial(Numbers o, std::size_t) { return o[2]; }

  static double prepare(const Moment& now, Coefs& c) {
    c = {now.rate, now.o[0], now.o[1]};
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, const Seen<V>& x, V* s, const hn::TFromD<D>* c) {
    s[0] = hn::Add(s[0], hn::Mul(x.update, x.update));
    const V rate = hn::Div(hn::Set(d, c[0]), hn::Sqrt(s[0])), zero = hn::Zero(d);
    const V w = hn::Sub(x.value, hn::Mul(rate, x.update));
    const V left = hn::Sub(hn::Abs(w), hn::Mul(rate, hn::Set(d, c[1])));
    const V kept = hn::IfThenElse(hn::Lt(left, zero), zero, hn::CopySign(left, w));
    const V shrunk = hn::Div(kept, hn::Add(hn::Set(d, hn::TFromD<D>(1)), hn::Mul(rate, hn::Set(d, c[2]))));
    return hn::Sub(x.value, shrunk);
  }
};
THALWEG_TRANSFORM(ProximalAdagrad)
