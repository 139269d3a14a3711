// quadratic: a bowl whose curvatures are spread evenly in their logarithm.
struct Quadratic {
  static constexpr Option kOptions[] = {
      number_option("condition", "10", kAtLeastOne, "the largest curvature; the smallest is 1"),
      dimension_from(1)};
  static constexpr Spec kSpec{.name = "quadratic",
                              .doc = "a bowl: half the sum of h x^2, curvatures h from 1 to `condition`",
                              .source = "Nesterov 2004, Introductory Lectures on Convex Optimization",
                              .options = kOptions,
                              .formula = R"(
f = 1/2 sum_i h_i x_i^2, h_i = condition^(i / (n - 1)), i = 0 .. n-1
n = dimension; region: everywhere; start x_i = 1; minimum 0 at x = 0
Gradient descent converges for rates below 2 / condition, best at 2 / (1 + condition).)"};

  static Facts facts(std::span<const double> o) {
    const auto [n] = options<kOptions, "dimension">(o);
    return {.start = all_equal(n, 1), .minima = {all_equal(n, 0)}, .minimum = 0};
  }

  template <class T>
  static T value(std::span<const double> o, std::span<const T> x) {
    const auto [condition, n] = options<kOptions, "condition", "dimension">(o);
    const double last = std::max(1.0, n - 1);
    T sum = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      sum = sum + std::pow(condition, static_cast<double>(i) / last) * square(x[i]);
    }
    return 0.5 * sum;
  }
};
THALWEG_PROBLEM(Quadratic)
