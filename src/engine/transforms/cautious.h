struct Cautious {
  static constexpr std::string_view kFormula = R"(
    mask = 1 where u g > 0, else keep,   g: the gradient as it entered the chain
    form=mean:  u <- u mask / max(s / n, floor)   the authors' code
    form=count: u <- u mask n / (s + 1)           the paper's alpha with xi = 1
    form=none:  u <- u mask
    n: the number of elements of the tensor, s: the sum of their mask
    reads u g; no state
  )";
  static constexpr Option kOptions[] = {
      choice_option("form", "mean|count|none", "mean", "how the remaining elements are scaled up"),
      number_option("floor", "0.001", kPositive, "smallest share to divide by"),
      scalar_option("keep", "0", kShare, "share that is kept of elements opposed to the gradient")};
  static constexpr Card kCard{"cautious", "drop the elements of the update that oppose the gradient",
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
  template <class T>
  struct Prepared {
    T keep;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [form, floor, keep] = options_of<Cautious>(now);
    const double mask = now.sums[0].sum + keep * (now.size - now.sums[0].sum);
    c = {keep};
    if (form == "none") return 1.0;
    return form == "count" ? now.size / (mask + 1.0) : 1.0 / std::fmax(mask / now.size, floor);
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, const Seen<V>& x, V*, const auto& c) {
    return hn::IfThenElse(agrees(d, x), x.update, hn::Mul(c.keep, x.update));
  }
};
THALWEG_TRANSFORM(Cautious)
