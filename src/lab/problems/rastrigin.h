// rastrigin: a bowl of egg cartons: a local minimum near every whole number.
struct Rastrigin {
  static constexpr Option kOptions[] = {dimension_from(1)};
  static constexpr Spec kSpec{
      .name = "rastrigin",
      .doc = "a local minimum near every integer point",
      .source = "Muehlenbein, Schomisch and Born 1991, doi:10.1016/S0167-8191(05)80052-3",
      .options = kOptions,
      .formula = R"(
f = sum_i (x_i^2 + 10 (1 - cos(2 pi x_i)))
n = dimension; region |x_i| <= 5.12; start x_i = 3.3; minimum 0 at x = 0)"};

  static Facts facts(std::span<const double> o) {
    const auto [n] = options<kOptions, "dimension">(o);
    return {.start = all_equal(n, 3.3),
            .minima = {all_equal(n, 0)},
            .minimum = 0,
            .low = all_equal(n, -5.12),
            .high = all_equal(n, 5.12)};
  }

  template <class T>
  static T value(std::span<const double>, std::span<const T> x) {
    T sum = 0.0;
    for (const T& a : x) sum = sum + (square(a) + 10.0 * (1.0 - cos(2 * std::numbers::pi * a)));
    return sum;
  }
};
THALWEG_PROBLEM(Rastrigin)
