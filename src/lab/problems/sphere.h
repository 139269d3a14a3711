// sphere: the sum of squares.
struct Sphere {
  static constexpr Option kOptions[] = {dimension_from(1)};
  static constexpr Spec kSpec{
      .name = "sphere",
      .doc = "the sum of squares",
      .source = "De Jong 1975, Analysis of the Behavior of a Class of Genetic Adaptive Systems",
      .options = kOptions,
      .formula = R"(
f = sum_i x_i^2
n = dimension; region: everywhere; start x_i = 1; minimum 0 at x = 0)"};

  static Facts facts(std::span<const double> o) {
    const auto [n] = options<kOptions, "dimension">(o);
    return {.start = all_equal(n, 1), .minima = {all_equal(n, 0)}, .minimum = 0};
  }

  template <class T>
  static T value(std::span<const double>, std::span<const T> x) {
    T sum = 0.0;
    for (const T& a : x) sum = sum + square(a);
    return sum;
  }
};
THALWEG_PROBLEM(Sphere)
