// styblinski_tang: two hollows of different depth in every coordinate.
struct StyblinskiTang {
  static constexpr Option kOptions[] = {dimension_from(1)};
  static constexpr Spec kSpec{.name = "styblinski_tang",
                              .doc = "two hollows of different depth in every coordinate",
                              .source = "Styblinski and Tang 1990, Neural Networks 3, 467",
                              .options = kOptions,
                              .formula = R"(
f = 1/2 sum_i (x_i^4 - 16 x_i^2 + 5 x_i)
n = dimension; region |x_i| <= 5; start x = 0; minimum -39.16617 n at x_i = -2.903534)"};

  static Facts facts(std::span<const double> o) {
    const auto [n] = options<kOptions, "dimension">(o);
    return {.start = all_equal(n, 0),
            .minima = {all_equal(n, -2.9035340277711771)},
            .minimum = -39.166165703771419 * n,
            .low = all_equal(n, -5),
            .high = all_equal(n, 5)};
  }

  template <class T>
  static T value(std::span<const double>, std::span<const T> x) {
    T sum = 0.0;
    for (const T& a : x) sum = sum + (square(square(a)) - 16.0 * square(a) + 5.0 * a);
    return 0.5 * sum;
  }
};
THALWEG_PROBLEM(StyblinskiTang)
