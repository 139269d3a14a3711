// asgd: descent whose rate falls so that the average of the parameters is the answer.   Polyak and Juditsky
// 1992, doi:10.1137/0330046; the rate: Bottou 2010, Large-Scale Machine Learning with SGD
//   u  = eta (g + lambda p)                                     scope element     no state
//   eta = rate / (1 + lambda rate (t-1))^power                  reads g p   writes u     exact: 0 stays 0
// The rates behind it are inside eta. torch's `ax` is `average(form=mean, start=...)` at the end of the
// chain, t0 and one update more being its start.
struct Asgd {
  static constexpr Option kOptions[] = {
      scalar_option("lambda", "0.0001", kNotNegative, "how fast the rate falls, and a decay"),
      scalar_option("power", "0.75", kNotNegative, "of the fall of the rate")};
  static constexpr Card kCard{"asgd", "descent whose rate falls, for the average of the parameters",
                              "Polyak and Juditsky 1992, doi:10.1137/0330046", kOptions, false};
  static constexpr bool kSees = true;

  static bool rate_inside(Numbers) { return true; }

  static double prepare(const Moment& now, Coefs& c) {
    const double done = static_cast<double>(now.t - 1);
    const double eta = now.rate / std::pow(1.0 + now.o[0] * now.rate * done, now.o[1]);
    c = {eta, eta * now.o[0]};
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, const Seen<V>& x, V*, const hn::TFromD<D>* c) {
    return hn::Add(hn::Mul(hn::Set(d, c[0]), x.update), hn::Mul(hn::Set(d, c[1]), x.value));
  }
};
THALWEG_TRANSFORM(Asgd)
