// l2: decay as a proximal step, which no rate makes overshoot.   Parikh and Boyd 2014, Proximal Algorithms,
// section 6.1.1
//   p <- p / (1 + z)     scope landing     z = rate * what stands behind it: the lr, a scale
// It acts on the new value, when the whole update is done, and so stands behind every rule; `decay` there
// adds to the update, from the value before it. Adan's own decay is this one.
struct L2 {
  static constexpr Option kOptions[] = {{.name = "rate",
                                         .type = OptionType::scalar,
                                         .range = kNotNegative,
                                         .doc = "how strongly each parameter is drawn to 0",
                                         .required = true}};
  static constexpr Card kCard{"l2", "draw parameters to 0 when the update is done: a proximal step",
                              "Parikh and Boyd 2014, doi:10.1561/2400000003", kOptions};

  static constexpr bool kLands = true;

  static double prepare(const Moment& now, Coefs& c) {
    c = {1.0 + now.o[0] * now.scale};
    return 1.0;
  }

  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V value(D d, V p, const hn::TFromD<D>* c) {
    return hn::Div(p, hn::Set(d, c[0]));
  }
};
THALWEG_TRANSFORM(L2)
