// sparse_test: four parabolas, one per coordinate.
struct SparseTest {
  static constexpr Spec kSpec{.name = "sparse_test",
                              .doc = "four parabolas, one per coordinate",
                              .source = "mlpack ensmallen, SparseTestFunction",
                              .formula = R"(
f = sum_i x_i^2 + b_i x_i + c_i, b = (-4, -2, -3, -8), c = (20, 12, 15, 100)
region: everywhere; start (0, 0, 0, 0); minimum 123.75 at (2, 1, 1.5, 4))"};

  static Facts facts(std::span<const double>) {
    return {.start = {0, 0, 0, 0}, .minima = {{2, 1, 1.5, 4}}, .minimum = 123.75};
  }

  template <class T>
  static T value(std::span<const double>, std::span<const T> x) {
    constexpr double kB[] = {-4, -2, -3, -8}, kC[] = {20, 12, 15, 100};
    T sum = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) sum = sum + square(x[i]) + kB[i] * x[i] + kC[i];
    return sum;
  }
};
THALWEG_PROBLEM(SparseTest)
