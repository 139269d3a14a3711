struct TrustRatio {
  static constexpr std::string_view kFormula = R"(
    u <- u coefficient |p| / (|u| + plus |p| + eps) over each tensor; 1 where a norm is 0
    the LARS paper has decay in the denominator only: trust_ratio(plus=0.01) | decay(...);
    optax and LAMB (You et al. 2019, arXiv:1904.00962) have it in u: decay | trust_ratio
    min and max bound the ratio (DeepSpeed: 0.01 and 10), max_norm bounds |p|
    reads u p; no state
  )";
  static constexpr Option kOptions[] = {
      scalar_option("coefficient", "1", kPositive, "factor of the ratio"),
      number_option("eps", "0", kNotNegative, "added to the norm of the update"),
      scalar_option("plus", "0", kNotNegative,
                    "share of the parameter's norm that is added to the denominator"),
      number_option("min", "0", kNotNegative, "the smallest ratio"),
      number_option("max", {}, kPositive, "the largest ratio"),
      number_option("max_norm", {}, kPositive, "upper bound of the norm of a parameter")};
  static constexpr Card kCard{"trust_ratio", "scale each tensor's update by |parameter| / |update|",
                              "You, Gitman and Ginsburg 2017, arXiv:1708.03888", kOptions, false};
  static constexpr std::size_t kSums = 2;
  static constexpr bool kSees = true;

  static Over over(Numbers) { return Over::tensor; }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void terms(D, const Seen<V>& x, V* sums) {
    sums[0] = hn::Mul(x.update, x.update);
    sums[1] = hn::Mul(x.value, x.value);
  }
  static Affine affine(const Moment& now) {
    const auto [coefficient, eps, plus, min, max, max_norm] = options_of<TrustRatio>(now);
    // Both norms in a unit in which neither is infinite.
    const double unit = std::fmax(std::fmax(now.sums[0].unit, now.sums[1].unit), 1.0);
    const auto norm = [unit](const Total& square) { return Total{square.sum, square.unit / unit}.norm(); };
    const double u = norm(now.sums[0]), p = std::fmin(norm(now.sums[1]), or_infinity(max_norm) / unit);
    if (u == 0.0 || p == 0.0) return {};
    const double ratio = coefficient * p / (u + plus * p + eps / unit);
    const double most = std::fmin(or_infinity(max), std::numeric_limits<double>::max());
    return {std::fmin(std::fmax(ratio, min), most), 0.0};
  }
};
THALWEG_TRANSFORM(TrustRatio)
