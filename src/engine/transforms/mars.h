struct Mars {
  static constexpr std::string_view kFormula = R"(
    u <- u + gamma beta1 / (1 - beta1) (u - l),   l <- u before the change
    with the gradient of the last batch (MARS-approx); it comes before a rule and is not one
    itself; the paper's MARS-AdamW is, with the norm of each tensor,
    mars | clip_norm(1) | adam(beta1=0.95, beta2=0.99) | decay(0.01) | lr(...)
    state l, zeros; reads u l, writes u l; 0 stays 0
  )";
  static constexpr Option kOptions[] = {
      scalar_option("gamma", "0.025", kNotNegative, "weight of the change; 0: none"),
      share_kept("beta1", "0.95", "beta1 of the rule after it, which sets the scale of the weight")};
  static constexpr std::string_view kState[] = {"l"};
  static constexpr Card kCard{"mars",
                              "add the change since the last gradient: less noise for the rule after it",
                              "Yuan et al. 2024, arXiv:2411.10438", kOptions, false};
  static constexpr bool kIsRule = false;

  template <class T>
  struct Prepared {
    T weight;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [gamma, beta1] = options_of<Mars>(now);
    c.weight = std::fmin(gamma * beta1 / (1.0 - beta1), std::numeric_limits<double>::max());
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D, V g, V* s, const auto& c) {
    V& last = s[0];
    const V u = hn::Add(g, hn::Mul(c.weight, hn::Sub(g, last)));
    last = g;
    return u;
  }
};
THALWEG_TRANSFORM(Mars)
