// adopt: Adam that divides by what it knew before the gradient.   Taniguchi et al. 2024, arXiv:2411.02853,
// Algorithm 2
//   n  = g / max(sqrt(v), eps), bounded to [-C, C]       scope element     state m v, zeros
//   m <- b1 m + (1-b1) n,   u = m                        reads g m v   writes u m v
//   v <- b2 v + (1-b2) g^2                               C = (t-1)^0.25
// The first update only sets v = g^2 and moves nothing. clip: the bound counts the updates `before` this one,
// as above (the authors, optax), or `with` it, t^0.25 (pytorch_optimizer), or there is `none`.
// Exact: 0 stays 0 while eps > 0.
struct Adopt {
  static constexpr Option kOptions[] = {
      beta1_option("0.9"), beta2_option("0.9999"), eps_option("1e-6"),
      choice_option("clip", "before|with|none", "before",
                    "the bound grows with the updates before this one, or with this one too, or is none")};
  static constexpr std::string_view kState[] = {"m", "v"};
  static constexpr Card kCard{"adopt", "Adam that divides by the mean square from before the gradient",
                              "Taniguchi et al. 2024, arXiv:2411.02853", kOptions, false};

  static double prepare(const Moment& now, Coefs& c) {
    const Numbers o = now.o;
    const bool first = now.t == 1;
    const double count = static_cast<double>(now.t) - (o[3] == 0.0 ? 1.0 : 0.0);
    c = {o[0], 1.0 - o[0], o[1], first ? 1.0 : 1.0 - o[1], o[2]};
    c[5] = first ? 0.0 : o[3] == 2.0 ? kInfinity : std::pow(count, 0.25);
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const hn::TFromD<D>* c) {
    const V bound = hn::Set(d, c[5]);
    const V normalised = hn::Div(g, greater_of(hn::Sqrt(s[1]), hn::Set(d, c[4])));
    s[0] = average(d, s[0], bounded(normalised, hn::Neg(bound), bound), c);
    s[1] = average_square(d, s[1], g, c + 2);
    return s[0];
  }
};
THALWEG_TRANSFORM(Adopt)
