// agc: adaptive gradient clipping, unit by unit.   Brock et al. 2021, arXiv:2102.06171
//   a unit is a row of a matrix (the weights into one output), or a whole vector     scope gather, per unit
//   most = clip max(|p|, eps);   u <- u where |u| < most, else u * most / max(|u|, 1e-6)
// optax takes units along axis 0, as its weights are (in, out): transpose them.
struct Agc {
  static constexpr Option kOptions[] = {{.name = "clip",
                                         .type = OptionType::scalar,
                                         .fallback = "0.01",
                                         .range = kPositive,
                                         .doc = "the largest norm of the update, in norms of the parameter"},
                                        {.name = "eps",
                                         .type = OptionType::number,
                                         .fallback = "0.001",
                                         .range = kNotNegative,
                                         .doc = "the smallest norm of a parameter that counts"}};
  static constexpr Card kCard{"agc", "bound each unit's update by the size of its parameters",
                              "Brock et al. 2021, arXiv:2102.06171", kOptions};
  static constexpr std::size_t kSums = 2;
  static constexpr bool kSees = true;

  static Over over(Numbers) { return Over::unit; }

  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void terms(D, const Seen<V>& x, V* sums) {
    sums[0] = hn::Mul(x.update, x.update);
    sums[1] = hn::Mul(x.value, x.value);
  }
  static UnitMap unit(const Moment& now, std::size_t) {
    const double u = std::sqrt(now.sums[0]);
    const double most = now.o[0] * std::fmax(std::sqrt(now.sums[1]), now.o[1]);
    return {u < most || !(u < kInfinity) ? 1.0 : most / std::fmax(u, 1e-6), 0.0};
  }
};
THALWEG_TRANSFORM(Agc)
