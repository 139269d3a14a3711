struct Adopt {
  static constexpr std::string_view kFormula = R"(
    n  = g / max(sqrt(v), eps), bounded to [-C, C],   C = (t - 1)^0.25
    m <- beta1 m + (1 - beta1) n,   u = m
    v <- beta2 v + (1 - beta2) g^2
    the first update only sets v = g^2 and moves nothing
    clip: the bound counts the updates before this one, as above (the authors, optax),
    or with it, t^0.25 (pytorch_optimizer), or there is none
    state m v, zeros; reads g m v, writes u m v; 0 stays 0
  )";
  static constexpr Option kOptions[] = {
      beta1_option("0.9"), beta2_option("0.9999"), eps_option("1e-6"),
      choice_option("clip", "before|with|none", "before",
                    "the bound counts the updates before this one, or this one too; or no bound")};
  static constexpr std::string_view kState[] = {"m", "v"};
  static constexpr Card kCard{"adopt", "Adam that divides by the mean square from before the gradient",
                              "Taniguchi et al. 2024, arXiv:2411.02853", kOptions, false};

  template <class T>
  struct Prepared {
    Kept<T> m, v;
    T eps, bound;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [beta1, beta2, eps, clip] = options_of<Adopt>(now);
    const bool first = now.t == 1;
    const double count = static_cast<double>(now.t) - (clip == "before" ? 1.0 : 0.0);
    c = {kept(beta1),
         {beta2, first ? 1.0 : 1.0 - beta2},
         eps,
         clip == "none" ? kInfinity : std::pow(count, 0.25)};
    if (first) c.bound = 0.0;
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const auto& c) {
    V &m = s[0], &v = s[1];
    const V normalised = unbounded_ratio_of(d, g, greater_of(hn::Sqrt(v), c.eps));
    m = average(m, bounded(normalised, hn::Neg(c.bound), c.bound), c.m);
    v = average_square(v, g, c.v);
    return m;
  }
};
THALWEG_TRANSFORM(Adopt)
