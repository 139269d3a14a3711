// normalize: divide the update by its norm.   Hazan, Levy and Shalev-Shwartz 2015, arXiv:1507.02030; the
// moving average over each tensor: Ginsburg et al. 2019 (NovoGrad), arXiv:1905.11286
//   v <- beta v + (1-beta) |u|^2, the first v is |u|^2     scope gather     kept v of each parameter
//   u <- u / (sqrt(v) + eps)          beta = 0: v is |u|^2 itself     a norm of 0 changes nothing
struct Normalize {
  static constexpr Option kOptions[] = {{.name = "per",
                                         .type = OptionType::choice,
                                         .fallback = "all",
                                         .doc = "one norm of all parameters, or one of each",
                                         .choices = "all|tensor"},
                                        {.name = "beta",
                                         .type = OptionType::scalar,
                                         .fallback = "0",
                                         .range = kFraction,
                                         .doc = "share of the average squared norm that is kept"},
                                        {.name = "eps",
                                         .type = OptionType::scalar,
                                         .fallback = "0",
                                         .range = kNotNegative,
                                         .doc = "added to the norm"},
                                        {.name = "eps_root",
                                         .type = OptionType::scalar,
                                         .fallback = "0",
                                         .range = kNotNegative,
                                         .doc = "added inside the root"}};
  static constexpr std::string_view kNumbers[] = {"v"};
  static constexpr Card kCard{"normalize", "divide the update by its norm",
                              "Hazan, Levy and Shalev-Shwartz 2015, arXiv:1507.02030", kOptions, false};
  static constexpr std::size_t kSums = 1;

  static Over over(Numbers o) { return o[0] == 0.0 ? Over::all : Over::tensor; }

  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void terms(D, const Seen<V>& x, V* sums) {
    sums[0] = hn::Mul(x.update, x.update);
  }
  static Affine affine(const Moment& now) {
    double& v = now.numbers[0];
    v = now.t == 1 ? now.sums[0] : now.o[1] * v + (1.0 - now.o[1]) * now.sums[0];
    const double norm = std::sqrt(v + now.o[3]) + now.o[2];
    return {norm > 0.0 ? 1.0 / norm : 1.0, 0.0};
  }
};
THALWEG_TRANSFORM(Normalize)
