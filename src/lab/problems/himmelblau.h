// himmelblau: four minima of the same value, one in each quadrant.
struct Himmelblau {
  static constexpr Spec kSpec{.name = "himmelblau",
                              .doc = "four minima of the same value, one in each quadrant",
                              .source = "Himmelblau 1972, Applied Nonlinear Programming",
                              .formula = R"(
f(a, b) = (a^2 + b - 11)^2 + (a + b^2 - 7)^2
region |a|, |b| <= 5; start (0, 0)
minimum 0 at (3, 2), (-2.8051, 3.1313), (-3.7793, -3.2832) and (3.5844, -1.8481))"};

  static Facts facts(std::span<const double>) {
    return {.start = {0, 0},
            .minima = {{3, 2},
                       {-2.8051180869527448, 3.1313125182505729},
                       {-3.7793102533777469, -3.2831859912861694},
                       {3.5844283403304917, -1.8481265269644034}},
            .minimum = 0,
            .low = {-5, -5},
            .high = {5, 5}};
  }

  template <class T>
  static T value(std::span<const double>, std::span<const T> x) {
    const T a = x[0], b = x[1];
    return square(a * a + b - 11.0) + square(a + b * b - 7.0);
  }
};
THALWEG_PROBLEM(Himmelblau)
