// rosenbrock: a curved valley with a nearly flat floor.
struct Rosenbrock {
  static constexpr Option kOptions[] = {dimension_from(2)};
  static constexpr Spec kSpec{.name = "rosenbrock",
                              .doc = "a curved valley with a nearly flat floor",
                              .source = "Rosenbrock 1960, doi:10.1093/comjnl/3.3.175",
                              .options = kOptions,
                              .formula = R"(
f = sum_i 100 (x_i+1 - x_i^2)^2 + (1 - x_i)^2, i = 0 .. n-2
n = dimension; region: everywhere; start (-1.2, 1, -1.2, 1, ...); minimum 0 at (1, ..., 1)
From four dimensions on there is a local minimum near (-1, 1, ..., 1) as well.)"};

  static Facts facts(std::span<const double> o) {
    const auto [n] = options<kOptions, "dimension">(o);
    Point start = all_equal(n, 1);
    for (std::size_t i = 0; i < start.size(); i += 2) start[i] = -1.2;
    return {.start = start, .minima = {all_equal(n, 1)}, .minimum = 0};
  }

  template <class T>
  static T value(std::span<const double>, std::span<const T> x) {
    T sum = 0.0;
    for (std::size_t i = 0; i + 1 < x.size(); ++i) {
      sum = sum + 100.0 * square(x[i + 1] - x[i] * x[i]) + square(1.0 - x[i]);
    }
    return sum;
  }
};
THALWEG_PROBLEM(Rosenbrock)
