// noise: Gaussian noise that fades out.   Neelakantan et al. 2015, arXiv:1511.06807
//   u <- u + sigma z,  sigma^2 = eta / t^gamma, z standard normal     scope element     no state
// z depends on (seed, name of the parameter, update, element) alone.
struct Noise {
  static constexpr Option kOptions[] = {{.name = "eta",
                                         .type = OptionType::scalar,
                                         .fallback = "0.01",
                                         .range = kNotNegative,
                                         .doc = "variance of the noise in the first update"},
                                        {.name = "gamma",
                                         .type = OptionType::scalar,
                                         .fallback = "0.55",
                                         .range = kNotNegative,
                                         .doc = "how fast the variance falls"},
                                        {.name = "seed",
                                         .type = OptionType::integer,
                                         .fallback = "0",
                                         .range = kNotNegative,
                                         .doc = "of the random numbers"}};
  static constexpr Card kCard{"noise", "add Gaussian noise that fades out",
                              "Neelakantan et al. 2015, arXiv:1511.06807", kOptions};
  static constexpr bool kIsRule = false;

  static std::uint64_t seed(Numbers o) { return static_cast<std::uint64_t>(o[2]); }
  static double prepare(const Moment& now, Coefs& c) {
    c = {std::sqrt(now.o[0] / std::pow(static_cast<double>(now.t), now.o[1]))};
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, const Seen<V>& x, V*, const hn::TFromD<D>* c) {
    return hn::Add(x.update, hn::Mul(hn::Set(d, c[0]), x.noise));
  }
};
THALWEG_TRANSFORM(Noise)
