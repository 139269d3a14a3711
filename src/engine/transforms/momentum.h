// momentum: a running sum of gradients.   Polyak 1964; Nesterov's form as in Sutskever et al. 2013
//   b <- mu * b + (1 - dampening) * g     scope element     state b, zeros
//   u  = b, or g + mu * b with nesterov   reads g b   writes u b      exact: 0 stays 0
// The first b is g whatever the dampening (torch), or dampened too with first_step=dampened.
// rate_inside: the rates behind it scale g, here, and not u: b <- mu * b + rate * g (Sutskever's form,
// Keras). The two are the same while the rate stands still.
struct Momentum {
  static constexpr Option kOptions[] = {
      {.name = "mu",
       .type = OptionType::scalar,
       .fallback = "0.9",
       .range = kFraction,
       .doc = "share of the sum that is kept"},
      {.name = "nesterov",
       .type = OptionType::flag,
       .fallback = "false",
       .doc = "look ahead: add mu * sum to the gradient"},
      {.name = "dampening",
       .type = OptionType::scalar,
       .fallback = "0",
       .range = kShare,
       .doc = "share of the gradient that does not enter the sum"},
      {.name = "first_step",
       .type = OptionType::choice,
       .fallback = "gradient",
       .doc = "what the first gradient is to the sum: itself, or dampened as later ones",
       .choices = "gradient|dampened",
       .needs = "dampening"},
      {.name = "rate_inside",
       .type = OptionType::flag,
       .fallback = "false",
       .doc = "the sum is of rate * gradient, so that a new rate does not scale what is in it"},
      kDialect};
  static constexpr DialectDefault kDialects[] = {{"keras", "rate_inside", "true"}};
  static constexpr std::string_view kState[] = {"b"};
  static constexpr Card kCard{"momentum",
                              "a running sum of gradients",
                              "Polyak 1964, doi:10.1016/0041-5553(64)90137-5",
                              kOptions,
                              true,
                              kDialects};

  static bool rate_inside(Numbers o) { return o[4] != 0.0; }

  static double prepare(const Moment& now, Coefs& c) {
    const Numbers o = now.o;
    const bool nesterov = o[1] != 0.0, whole = now.t == 1 && o[3] == 0.0;
    c = {o[0], (whole ? 1.0 : 1.0 - o[2]) * now.rate};
    c[2] = nesterov ? now.rate : 0.0;  // u = c2 * g + c3 * b
    c[3] = nesterov ? o[0] : 1.0;
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D d, V g, V* s, const hn::TFromD<D>* c) {
    s[0] = hn::Add(hn::Mul(hn::Set(d, c[0]), s[0]), hn::Mul(hn::Set(d, c[1]), g));
    return hn::Add(hn::Mul(hn::Set(d, c[2]), g), hn::Mul(hn::Set(d, c[3]), s[0]));
  }
};
THALWEG_TRANSFORM(Momentum)
