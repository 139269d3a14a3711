// trust_ratio: scale the update of each tensor by the size of its parameter.   You, Gitman and Ginsburg 2017
// (LARS), arXiv:1708.03888; You et al. 2019 (LAMB), arXiv:1904.00962
//   u <- u * coefficient |p| / (|u| + plus |p| + eps)     scope gather, per tensor     1 where a norm is 0
// LARS' paper has decay in the denominator apart: `trust_ratio(plus=0.01) | decay(...)`; optax and LAMB have
// it in u: `decay | trust_ratio`. min and max bound the ratio (DeepSpeed: 0.01 and 10), max_norm bounds |p|.
struct TrustRatio {
  static constexpr Option kOptions[] = {
      {.name = "coefficient",
       .type = OptionType::scalar,
       .fallback = "1",
       .range = kPositive,
       .doc = "factor of the ratio"},
      {.name = "eps",
       .type = OptionType::number,
       .fallback = "0",
       .range = kNotNegative,
       .doc = "added to the norm of the update"},
      {.name = "plus",
       .type = OptionType::scalar,
       .fallback = "0",
       .range = kNotNegative,
       .doc = "share of the norm of the parameter that the denominator has too"},
      {.name = "min",
       .type = OptionType::number,
       .fallback = "0",
       .range = kNotNegative,
       .doc = "the smallest ratio"},
      {.name = "max", .type = OptionType::number, .range = kPositive, .doc = "the largest ratio"},
      {.name = "max_norm",
       .type = OptionType::number,
       .range = kPositive,
       .doc = "the largest norm of a parameter that counts"}};
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
    const double u = std::sqrt(now.sums[0]), p = std::fmin(std::sqrt(now.sums[1]), or_infinity(now.o[5]));
    if (u == 0.0 || p == 0.0) return {};
    const double ratio = now.o[0] * p / (u + now.o[2] * p + now.o[1]);
    return {std::fmin(std::fmax(ratio, now.o[3]), or_infinity(now.o[4])), 0.0};
  }
};
THALWEG_TRANSFORM(TrustRatio)
