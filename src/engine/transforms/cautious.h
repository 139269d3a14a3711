// cautious: drop what goes against the gradient.   Liang et al. 2024, arXiv:2411.16085
//   mask = 1 where u g > 0, else `keep`, with g the gradient as it entered the chain     scope gather, per
//   tensor n = elements, s = sum of the mask mean:   u <- u mask / max(s / n, floor)      the authors' code,
//   floor 1e-3 count:  u <- u mask n / (s + 1)              the paper's alpha with xi = 1 none:   u <- u mask
struct Cautious {
  static constexpr Option kOptions[] = {{.name = "form",
                                         .type = OptionType::choice,
                                         .fallback = "mean",
                                         .doc = "how what is left is scaled up",
                                         .choices = "mean|count|none"},
                                        {.name = "floor",
                                         .type = OptionType::number,
                                         .fallback = "0.001",
                                         .range = kPositive,
                                         .doc = "the smallest share that is divided by"},
                                        {.name = "keep",
                                         .type = OptionType::scalar,
                                         .fallback = "0",
                                         .range = {.min = 0.0, .max = 1.0},
                                         .doc = "share that is kept of what goes against the gradient"}};
  static constexpr Card kCard{"cautious", "drop the elements of the update that go against the gradient",
                              "Liang et al. 2024, arXiv:2411.16085", kOptions};
  static constexpr bool kIsRule = false;
  static constexpr bool kSeesEntered = true;
  static constexpr std::size_t kSums = 1;

  static Over over(Numbers) { return Over::tensor; }

  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE auto agrees(D d, const Seen<V>& x) {
    return hn::Gt(hn::Mul(sign_of(d, x.update), x.entered), hn::Zero(d));  // no product of small numbers
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void terms(D d, const Seen<V>& x, V* sums) {
    sums[0] = hn::IfThenElseZero(agrees(d, x), hn::Set(d, 1.0));
  }
  static double prepare(const Moment& now, Coefs& c) {
    const double keep = now.o[2], mask = now.sums[0] + keep * (now.size - now.sums[0]);
    c = {keep};
    if (now.o[0] == 2.0) return 1.0;
    if (now.o[0] == 1.0) return now.size / (mask + 1.0);
    return 1.0 / std::fmax(mask / now.size, now.o[1]);
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, const Seen<V>& x, V*, const hn::TFromD<D>* c) {
    return hn::IfThenElse(agrees(d, x), x.update, hn::Mul(hn::Set(d, c[0]), x.update));
  }
};
THALWEG_TRANSFORM(Cautious)
