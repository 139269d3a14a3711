// clip_norm: bound the norm of the whole update.   Pascanu, Mikolov and Bengio 2012, arXiv:1211.5063
//   n = |u| over every element of the selected parameters      scope global
//   torch: u <- u * min(1, max / (n + 1e-6))      optax: u <- u where n < max, else u * max / n
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
                                         .choices = "torch|optax"}};
  static constexpr Card kCard{"clip_norm", "scale the update down to a largest global norm",
                              "Pascanu, Mikolov and Bengio 2012, arXiv:1211.5063", kOptions};

  static double factor(Numbers o, double norm) {
    const double max = o[0];
    const bool optax = o[1] == 1.0;
    if (!(norm < kInfinity)) return 1.0;
    if (optax) return norm < max ? 1.0 : max / norm;
    const double share = max / (norm + 1e-6);
    return share < 1.0 ? share : 1.0;
  }
};
THALWEG_TRANSFORM(ClipNorm)
