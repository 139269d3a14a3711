struct ClipRms {
  static constexpr std::string_view kFormula = R"(
    u <- u / max(1, RMS(u) / max) over each tensor   (Adafactor)
    a root mean square that is not finite scales nothing; no state
  )";
  static constexpr Option kOptions[] = {
      required(scalar_option("max", "", kPositive, "the largest root mean square that passes unchanged"))};
  static constexpr Card kCard{"clip_rms", "scale each tensor's update down to a maximum root mean square",
                              "Shazeer and Stern 2018, arXiv:1804.04235", kOptions};
  static constexpr std::size_t kSums = 1;

  static Over over(Numbers) { return Over::tensor; }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void terms(D, const Seen<V>& x, V* sums) {
    sums[0] = hn::Mul(x.update, x.update);
  }
  static Affine affine(const Moment& now) {
    const auto [max] = options_of<ClipRms>(now);
    const Total square{now.sums[0].sum / now.size, now.sums[0].unit};
    if (!(square.sum < kInfinity)) return {};
    const double over = square.norm() / max;
    return over < 1e300 ? Affine{1.0 / std::fmax(1.0, over)} : square.divides(max);
  }
};
THALWEG_TRANSFORM(ClipRms)
