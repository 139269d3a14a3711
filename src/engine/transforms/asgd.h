struct Asgd {
  static constexpr std::string_view kFormula = R"(
    u   = eta (g + lambda p)
    eta = rate / (1 + lambda rate (t - 1))^power   (Bottou 2010)
    rate is the product of the rates to its right, which act inside
    torch's ax is average(form=mean, start=...) at the end of the chain, with start one
    update more than t0
    no state; reads g p, writes u; 0 stays 0
  )";
  static constexpr Option kOptions[] = {
      scalar_option("lambda", "0.0001", kNotNegative, "how fast the rate falls, and the strength of a decay"),
      scalar_option("power", "0.75", kNotNegative, "power with which the rate falls")};
  static constexpr Card kCard{"asgd", "descent with a falling rate, to be averaged",
                              "Polyak and Juditsky 1992, doi:10.1137/0330046", kOptions, false};
  static constexpr bool kSees = true;

  static bool rate_inside(Numbers) { return true; }
  template <class T>
  struct Prepared {
    T eta, decay;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [lambda, power] = options_of<Asgd>(now);
    const double done = static_cast<double>(now.t - 1);
    const double fallen = done > 0.0 ? std::pow(1.0 + lambda * now.rate * done, power) : 1.0;
    const double eta = now.rate / fallen;
    c = {.eta = eta, .decay = eta * lambda};
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D, const Seen<V>& x, V*, const auto& c) {
    return hn::Add(hn::Mul(c.eta, x.update), hn::Mul(c.decay, x.value));
  }
};
THALWEG_TRANSFORM(Asgd)
