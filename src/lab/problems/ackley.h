// ackley: a nearly flat plain of ripples around one deep funnel.
struct Ackley {
  static constexpr Option kOptions[] = {dimension_from(1)};
  static constexpr Spec kSpec{.name = "ackley",
                              .doc = "ripples around a funnel with a kink at its tip",
                              .source = "Ackley 1987, doi:10.1007/978-1-4613-1997-9",
                              .options = kOptions,
                              .formula = R"(
f = -20 exp(-0.2 sqrt(1/n sum_i x_i^2)) - exp(1/n sum_i cos(2 pi x_i)) + 20 + e
n = dimension; region |x_i| <= 32.768; start x_i = 2.3
minimum 0 at x = 0, the funnel's tip: a kink without a gradient, where 0 is used)"};

  static Facts facts(std::span<const double> o) {
    const auto [n] = options<kOptions, "dimension">(o);
    return {.start = all_equal(n, 2.3),
            .minima = {all_equal(n, 0)},
            .minimum = 0,
            .low = all_equal(n, -32.768),
            .high = all_equal(n, 32.768)};
  }

  template <class T>
  static T value(std::span<const double>, std::span<const T> x) {
    const double n = static_cast<double>(x.size());
    T squares = 0.0, waves = 0.0;
    for (const T& a : x) {
      squares = squares + square(a);
      waves = waves + cos(2 * std::numbers::pi * a);
    }
    return 20.0 - 20.0 * exp(-0.2 * sqrt(squares / n)) + (std::numbers::e - exp(waves / n));
  }
};
THALWEG_PROBLEM(Ackley)
