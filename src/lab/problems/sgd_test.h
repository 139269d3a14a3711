// sgd_test: a cusp, a parabola and a quartic, one per coordinate.
struct SgdTest {
  static constexpr Spec kSpec{.name = "sgd_test",
                              .doc = "a cusp, a parabola and a quartic, one per coordinate",
                              .source = "mlpack ensmallen, SGDTestFunction",
                              .formula = R"(
f(a, b, c) = -exp(-|a|) + b^2 + c^4 + 3 c^2
region: everywhere; start (6, -45.6, 6.2); minimum -1 at (0, 0, 0)
The cusp is a kink: there is no gradient at a = 0, where 0 is used.)"};

  static Facts facts(std::span<const double>) {
    return {.start = {6, -45.6, 6.2}, .minima = {{0, 0, 0}}, .minimum = -1};
  }

  template <class T>
  static T value(std::span<const double>, std::span<const T> x) {
    const T c2 = square(x[2]);
    return -exp(-abs(x[0])) + square(x[1]) + square(c2) + 3.0 * c2;
  }
};
THALWEG_PROBLEM(SgdTest)
