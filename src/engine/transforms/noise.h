struct Noise {
  static constexpr std::string_view kFormula = R"(
    u <- u + sigma z,   sigma^2 = eta / t^gamma,   z standard normal
    z depends on (seed, name of the parameter, update, element) alone; no state
  )";
  static constexpr Option kOptions[] = {
      scalar_option("eta", "0.01", kNotNegative, "variance of the noise in the first update"),
      scalar_option("gamma", "0.55", kNotNegative, "how fast the variance falls"),
      count_option("seed", "0", kNotNegative, "seed of the random numbers")};
  static constexpr Card kCard{"noise", "add Gaussian noise that fades out",
                              "Neelakantan et al. 2015, arXiv:1511.06807", kOptions};
  static constexpr bool kIsRule = false;

  static std::uint64_t seed(Numbers o) { return static_cast<std::uint64_t>(option_of<Noise, "seed">(o)); }
  template <class T>
  struct Prepared {
    T sigma;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [eta, gamma, seed] = options_of<Noise>(now);
    c.sigma = std::sqrt(eta / std::pow(static_cast<double>(now.t), gamma));
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D, const Seen<V>& x, V*, const auto& c) {
    return hn::Add(x.update, hn::Mul(c.sigma, x.noise));
  }
};
THALWEG_TRANSFORM(Noise)
