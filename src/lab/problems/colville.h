// colville: two coupled curved valleys in four dimensions.
struct Colville {
  static constexpr Spec kSpec{.name = "colville",
                              .doc = "two coupled curved valleys in four dimensions",
                              .source = "Colville 1968; mlpack ensmallen, ColvilleFunction",
                              .formula = R"(
f(a, b, c, d) = 100 (a^2 - b)^2 + (a - 1)^2 + (c - 1)^2 + 90 (c^2 - d)^2
                + 10.1 ((b - 1)^2 + (d - 1)^2) + 19.8 (b - 1) (d - 1)
region -10 to 10; start (-5, 3, 1, -9); minimum 0 at (1, 1, 1, 1))"};

  static Facts facts(std::span<const double>) {
    return {.start = {-5, 3, 1, -9},
            .minima = {{1, 1, 1, 1}},
            .minimum = 0,
            .low = all_equal(4, -10),
            .high = all_equal(4, 10)};
  }

  template <class T>
  static T value(std::span<const double>, std::span<const T> x) {
    const T a = x[0], b = x[1], c = x[2], d = x[3];
    return 100.0 * square(a * a - b) + square(a - 1.0) + square(c - 1.0) + 90.0 * square(c * c - d) +
           10.1 * (square(b - 1.0) + square(d - 1.0)) + 19.8 * (b - 1.0) * (d - 1.0);
  }
};
THALWEG_PROBLEM(Colville)
