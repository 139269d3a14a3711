struct Agc {
  static constexpr std::string_view kFormula = R"(
    most = clip max(|p|, eps);   u <- u where |u| < most, else u most / max(|u|, 1e-6)
    for each unit: a row of a matrix (the weights into one output), or a whole vector
    optax takes units along axis 0, as its weights are (in, out): transpose them
    reads u p; no state; a norm that is not finite scales nothing
  )";
  static constexpr Option kOptions[] = {
      scalar_option("clip", "0.01", kPositive, "largest norm of the update, relative to the parameter's"),
      number_option("eps", "0.001", kNotNegative, "lower bound of the norm of a parameter")};
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
    const auto [clip, eps] = options_of<Agc>(now);
    const Total& u = now.sums[0];
    const double most = clip * std::fmax(now.sums[1].norm(), eps);
    if (u.norm() < most || !(u.sum < kInfinity)) return {};
    const Affine bounded = u.norm() > 1e-6 ? u.divides(most) : Affine{most / 1e-6};
    return {bounded.a, 0.0, bounded.rest};
  }
};
THALWEG_TRANSFORM(Agc)
