// adabound: Adam whose rates of elements close in on one rate.   Luo, Xiong, Liu and Sun 2019,
// arXiv:1902.09843, Algorithm 2
//   m <- b1 m + (1-b1) g                               scope element     state m v, zeros; vmax with amsgrad
//   v <- b2 v + (1-b2) g^2                             reads g m v   writes u m v
//   r  = rate sqrt(c2)/c1 / (sqrt(v + eps_root) + eps) c1 = 1 - b1^t, c2 = 1 - b2^t
//   u  = m min(max(r, F - F/(gamma t + 1)), F + F/(gamma t)),   F = final_lr rate / (highest rate)
// The rates behind it are inside. amsgrad: the largest v so far for v. Exact: 0 stays 0 while eps > 0.
struct Adabound {
  static constexpr Option kOptions[] = {
      beta1_option("0.9"),
      beta2_option("0.999"),
      eps_option("1e-8"),
      eps_root_option("0", "added inside the root"),
      scalar_option("final_lr", "0.1", kNotNegative, "the rate in the end"),
      scalar_option("gamma", "0.001", kPositive, "how fast the bounds close in"),
      amsgrad_option()};
  static constexpr std::string_view kState[] = {"m", "v", "vmax"};
  static constexpr Names kVariants[] = {{kState, 2}, kState};  // without and with amsgrad
  static constexpr Card kCard{"adabound", "Adam whose rates of elements close in on one rate",
                              "Luo et al. 2019, arXiv:1902.09843", kOptions, false};

  static bool needs_rates(Numbers) { return true; }

  static std::size_t variant(Numbers o) { return o[6] != 0.0 ? 1 : 0; }
  static bool rate_inside(Numbers) { return true; }

  static double prepare(const Moment& now, Coefs& c) {
    const Numbers o = now.o;
    const double root = std::sqrt(one_minus_power(o[1], now.t)), gone = o[5] * static_cast<double>(now.t);
    const double end = now.peak > 0.0 ? o[4] * now.rate / now.peak : 0.0;
    c = {o[0], 1.0 - o[0], o[1], 1.0 - o[1], o[3], o[2]};
    c[6] = now.rate * root / one_minus_power(o[0], now.t);
    c[7] = end * (1.0 - 1.0 / (gone + 1.0));
    c[8] = end * (1.0 + 1.0 / gone);
    return 1.0;
  }
  template <std::size_t kVariant, class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const hn::TFromD<D>* c) {
    s[0] = average(d, s[0], g, c);
    s[1] = average_square(d, s[1], g, c + 2);
    V v = s[1];
    if constexpr (kVariant == 1) v = s[2] = greater_of(s[2], v);
    const V root = hn::Add(hn::Sqrt(hn::Add(v, hn::Set(d, c[4]))), hn::Set(d, c[5]));
    const V rate = hn::Div(hn::Set(d, c[6]), root);
    return hn::Mul(bounded(rate, hn::Set(d, c[7]), hn::Set(d, c[8])), s[0]);
  }
};
THALWEG_TRANSFORM(Adabound)
