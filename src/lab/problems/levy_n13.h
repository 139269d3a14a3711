// levy_n13: waves of two lengths in a bowl.
struct LevyN13 {
  static constexpr Spec kSpec{.name = "levy_n13",
                              .doc = "waves of two lengths in a bowl",
                              .source = "Levy and Montalvo 1985, doi:10.1137/0906002",
                              .formula = R"(
f(a, b) = sin^2(3 pi a) + (a - 1)^2 (1 + sin^2(3 pi b)) + (b - 1)^2 (1 + sin^2(2 pi b))
region |a|, |b| <= 10; start (0.9, 1.1); minimum 0 at (1, 1))"};

  static Facts facts(std::span<const double>) {
    return {.start = {0.9, 1.1}, .minima = {{1, 1}}, .minimum = 0, .low = {-10, -10}, .high = {10, 10}};
  }

  template <class T>
  static T value(std::span<const double>, std::span<const T> x) {
    const T a = x[0], b = x[1];
    constexpr double kPi = std::numbers::pi;
    return square(sin(3 * kPi * a)) + square(a - 1.0) * (1.0 + square(sin(3 * kPi * b))) +
           square(b - 1.0) * (1.0 + square(sin(2 * kPi * b)));
  }
};
THALWEG_PROBLEM(LevyN13)
