// mccormick: a sine over a trough; least at a point of its region.
struct McCormick {
  static constexpr Spec kSpec{.name = "mccormick",
                              .doc = "a sine over a trough that falls without bound beyond its region",
                              .source = "McCormick 1976, doi:10.1007/BF01580665",
                              .formula = R"(
f(a, b) = sin(a + b) + (a - b)^2 - 1.5 a + 2.5 b + 1
region -1.5 <= a <= 4, -3 <= b <= 4; start (-1, 3)
minimum -sqrt(3) / 2 - pi / 3 at (1/2 - pi / 3, -1/2 - pi / 3), of the region only: along
a = b it falls without end beyond it)"};

  static Facts facts(std::span<const double>) {
    constexpr double kThird = std::numbers::pi / 3;
    return {.start = {-1, 3},
            .minima = {{0.5 - kThird, -0.5 - kThird}},
            .minimum = -std::numbers::sqrt3 / 2 - kThird,
            .low = {-1.5, -3},
            .high = {4, 4}};
  }

  template <class T>
  static T value(std::span<const double>, std::span<const T> x) {
    const T a = x[0], b = x[1];
    return sin(a + b) + square(a - b) - 1.5 * a + 2.5 * b + 1.0;
  }
};
THALWEG_PROBLEM(McCormick)
