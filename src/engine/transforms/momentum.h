struct Momentum {
  static constexpr std::string_view kFormula = R"(
    b <- mu b + (1 - dampening) g
    u  = b, or g + mu b with nesterov   (as in Sutskever et al. 2013)
    the first b is g whatever the dampening (torch), or dampened too with first_step=dampened
    rate_inside: the rates to its right scale g, here, and not u: b <- mu b + rate g
    (Sutskever's form, Keras); the two are the same while the rate is constant
    state b, zeros; reads g b, writes u b; 0 stays 0
  )";
  static constexpr Option kOptions[] = {
      share_kept("mu", "0.9", "share of the sum that is kept"),
      flag_option("nesterov", "false", "Nesterov: add mu * sum to the gradient"),
      scalar_option("dampening", "0", kShare, "share of the gradient that does not enter the sum"),
      needing("dampening",
              choice_option("first_step", "gradient|dampened", "gradient",
                            "how the first gradient enters the sum: whole, or dampened like later ones")),
      flag_option("rate_inside", "false",
                  "the sum is of rate * gradient, so that a new rate does not rescale the past")};
  static constexpr DialectDefault kDialects[] = {{"keras", "rate_inside", "true"}};
  static constexpr std::string_view kState[] = {"b"};
  static constexpr Card kCard =
      Card("momentum", "a running sum of gradients", "Polyak 1964, doi:10.1016/0041-5553(64)90137-5",
           kOptions, true, kDialects);

  static bool rate_inside(Numbers o) { return option_of<Momentum, "rate_inside">(o); }
  template <class T>
  struct Prepared {
    Kept<T> b;
    T of_gradient, of_sum;  // u is made of
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    const auto [mu, nesterov, dampening, first_step, rate_inside] = options_of<Momentum>(now);
    const bool whole = now.t == 1 && first_step == "gradient";
    c.b = {mu, (whole ? 1.0 : 1.0 - dampening) * now.rate};
    c.of_gradient = nesterov ? now.rate : 0.0;
    c.of_sum = nesterov ? mu : 1.0;
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V apply(D, V g, V* s, const auto& c) {
    const V b = s[0] = average(s[0], g, c.b);
    return hn::Add(hn::Mul(c.of_gradient, g), hn::Mul(c.of_sum, b));
  }
};
THALWEG_TRANSFORM(Momentum)
