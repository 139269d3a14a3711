// mars: add what changed since the last gradient, so that the rule behind it sees less noise.   Yuan et al.
// 2024, arXiv:2411.10438, with the gradient of the last batch (MARS-approx)
//   u <- u + gamma b1 / (1-b1) (u - l),   l <- u as it came     scope element     state l, zeros
// It stands left of a rule and is none itself: the paper's MARS-AdamW is `mars | clip_norm(1) | adam(beta1=
// 0.95, beta2=0.99) | decay(0.01) | lr(...)` with the norm of each tensor. Exact: 0 stays 0.
struct Mars {
  static constexpr Option kOptions[] = {
      scalar_option("gamma", "0.025", kNotNegative, "weight of the change; 0: none"),
      share_kept("beta1", "0.95", "beta1 of the rule behind it, which the weight is measured by")};
  static constexpr std::string_view kState[] = {"l"};
  static constexpr Card kCard{"mars",
                              "add the change since the last gradient: less noise for the rule behind",
                              "Yuan et al. 2024, arXiv:2411.10438", kOptions, false};
  static constexpr bool kIsRule = false;

  static double prepare(const Moment& now, Coefs& c) {
    c = {now.o[0] * now.o[1] / (1.0 - now.o[1])};
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const hn::TFromD<D>* c) {
    const V u = hn::Add(g, hn::Mul(hn::Set(d, c[0]), hn::Sub(g, s[0])));
    s[0] = g;
    return u;
  }
};
THALWEG_TRANSFORM(Mars)
