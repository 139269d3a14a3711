struct L2 {
  static constexpr std::string_view kFormula = R"(
    p <- p / (1 + z),   z = rate times what is to its right: the lr, a scale   (6.1.1)
    it acts on the new value, after the whole update, and so its place is after every rule;
    decay there adds to the update, from the value before it; Adan's own decay is this one
    no state
  )";
  static constexpr Option kOptions[] = {
      required(scalar_option("rate", "", kNotNegative, "how strongly each parameter is drawn towards 0"))};
  static constexpr Card kCard{"l2", "draw parameters towards 0 after the update: a proximal step",
                              "Parikh and Boyd 2014, doi:10.1561/2400000003", kOptions};
  static constexpr bool kLands = true;

  template <class T>
  struct Prepared {
    T divisor;
  };
  static double prepare(const Moment& now, Prepared<double>& c) {
    c.divisor = 1.0 + option_of<L2, "rate">(now.o) * now.scale;
    return 1.0;
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V value(D, V p, const auto& c) {
    return hn::Div(p, c.divisor);
  }
};
THALWEG_TRANSFORM(L2)
