struct Normalize {
  static constexpr std::string_view kFormula = R"(
    v <- beta v + (1 - beta) |u|^2, the first v being |u|^2; beta = 0: |u|^2 itself
    u <- u / (sqrt(v + eps_root) + eps); a norm of 0 changes nothing
    the moving average over each tensor: Ginsburg et al. 2019 (NovoGrad), arXiv:1905.11286
    no state; keeps v of each parameter
  )";
  static constexpr Option kOptions[] = {
      choice_option("per", "all|tensor", "all", "one norm of all parameters, or one of each"),
      share_kept("beta", "0", "share of the average squared norm that is kept"),
      scalar_option("eps", "0", kNotNegative, "added to the norm"),
      eps_root_option("0", "added inside the root")};
  static constexpr std::string_view kNumbers[] = {"v"};
  static constexpr Card kCard{"normalize", "divide the update by its norm",
                              "Hazan, Levy and Shalev-Shwartz 2015, arXiv:1507.02030", kOptions, false};
  static constexpr std::size_t kSums = 1;

  static Over over(Numbers o) { return option_of<Normalize, "per">(o) == "all" ? Over::all : Over::tensor; }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void terms(D, const Seen<V>& x, V* sums) {
    sums[0] = hn::Mul(x.update, x.update);
  }
  static Affine affine(const Moment& now) {
    const auto [per, beta, eps, eps_root] = options_of<Normalize>(now);
    double& v = now.numbers[0];
    v = now.t == 1 ? now.sums[0] : beta * v + (1.0 - beta) * now.sums[0];
    const double norm = std::sqrt(v + eps_root) + eps;
    return {norm > 0.0 ? 1.0 / norm : 1.0, 0.0};
  }
};
THALWEG_TRANSFORM(Normalize)
