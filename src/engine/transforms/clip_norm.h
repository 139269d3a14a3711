struct ClipNorm {
  static constexpr std::string_view kFormula = R"(
    n = |u| over every element of the selected parameters, or of each parameter alone
    form=torch: u <- u min(1, max / (n + 1e-6))
    form=optax: u <- u where n < max, else u max / n   (Keras too)
    a norm that is not finite scales nothing: it would turn every parameter into zeros or NaN
    silently; no state
  )";
  static constexpr Option kOptions[] = {
      required(scalar_option("max", "", kPositive, "largest norm that passes unchanged")),
      choice_option("form", "torch|optax", "torch", "how the factor is formed"),
      choice_option("per", "all|tensor", "all", "one norm of all parameters, or one of each")};
  static constexpr DialectDefault kDialects[] = {{"optax", "form", "optax"}, {"keras", "form", "optax"}};
  static constexpr Card kCard =
      Card("clip_norm", "scale the update down to a maximum norm",
           "Pascanu, Mikolov and Bengio 2012, arXiv:1211.5063", kOptions, true, kDialects);
  static constexpr std::size_t kSums = 1;

  static Over over(Numbers o) { return option_of<ClipNorm, "per">(o) == "all" ? Over::all : Over::tensor; }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void terms(D, const Seen<V>& x, V* sums) {
    sums[0] = hn::Mul(x.update, x.update);
  }
  static Affine affine(const Moment& now) {
    const auto [max, form, per] = options_of<ClipNorm>(now);
    const Total& n = now.sums[0];
    const bool optax = form == "optax";
    if (!(n.sum < kInfinity) || (optax && n.norm() < max)) return {};
    const Affine clipped = n.divides(max, optax ? 0.0 : 1e-6);
    return clipped.a * clipped.rest < 1.0 ? clipped : Affine{};
  }
};
THALWEG_TRANSFORM(ClipNorm)
