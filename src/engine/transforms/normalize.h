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
    Total now_square = now.sums[0];
    const double unit = now_square.unit, square = now_square.sum * unit * unit;
    double& v = now.numbers[0];
    v = now.t == 1 || beta == 0.0 ? square : beta * v + (1.0 - beta) * square;
    if (beta != 0.0) now_square = {v};
    if (beta == 0.0 && now_square.sum < kInfinity) v = std::fmin(v, std::numeric_limits<double>::max());
    now_square.sum += eps_root / now_square.unit / now_square.unit;
    const Affine divided = now_square.divides(1.0, eps);
    return std::isfinite(divided.a) ? divided : Affine{};
  }
};
THALWEG_TRANSFORM(Normalize)
