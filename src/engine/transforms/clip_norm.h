// clip_norm: bound the norm of the update.   Pascanu, Mikolov and Bengio 2012, arXiv:1211.5063
//   n = |u| over every element of the selected parameters, or of each parameter alone     scope gather
//   torch: u <- u * min(1, max / (n + 1e-6))      optax, Keras: u <- u where n < max, else u * max / n
// A norm that is not finite scales nothing: it would turn every parameter into zeros or NaN without a word.
struct ClipNorm {
  static constexpr Option kOptions[] = {{.name = "max",
                                         .type = OptionType::scalar,
                                         .range = kPositive,
                                         .doc = "the largest norm that passes unchanged",
                                         .required = true},
                                        {.name = "form",
                                         .type = OptionType::choice,
                                         .fallback = "torch",
                                         .doc = "how the factor is formed",
                                         .choices = "torch|optax"},
                                        {.name = "per",
                                         .type = OptionType::choice,
                                         .fallback = "all",
                                         .doc = "one norm of all parameters, or one of each",
                                         .choices = "all|tensor"},
                                        kDialect};
  static constexpr DialectDefault kDialects[] = {{"optax", "form", "optax"}, {"keras", "form", "optax"}};
  static constexpr Card kCard{"clip_norm",
                              "scale the update down to a largest norm",
                              "Pascanu, Mikolov and Bengio 2012, arXiv:1211.5063",
                              kOptions,
                              true,
                              kDialects};
  static constexpr std::size_t kSums = 1;

  static Over over(Numbers o) { return o[2] == 0.0 ? Over::all : Over::tensor; }

  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void terms(D, const Seen<V>& x, V* sums) {
    sums[0] = hn::Mul(x.update, x.update);
  }
  static Affine affine(const Moment& now) {
    const double max = now.o[0], norm = std::sqrt(now.sums[0]);
    const bool optax = now.o[1] == 1.0;
    if (!(norm < kInfinity)) return {};
    if (optax) return {norm < max ? 1.0 : max / norm, 0.0};
    return {std::fmin(max / (norm + 1e-6), 1.0), 0.0};
  }
};
THALWEG_TRANSFORM(ClipNorm)
