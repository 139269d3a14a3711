// booth: a tilted bowl; Newton's method needs one step.
struct Booth {
  static constexpr Spec kSpec{.name = "booth",
                              .doc = "a tilted quadratic bowl of condition 9",
                              .source = "Booth 1949; mlpack ensmallen, BoothFunction",
                              .formula = R"(
f(a, b) = (a + 2 b - 7)^2 + (2 a + b - 5)^2
region |a|, |b| <= 10; start (-9, -9); minimum 0 at (1, 3))"};

  static Facts facts(std::span<const double>) {
    return {.start = {-9, -9}, .minima = {{1, 3}}, .minimum = 0, .low = {-10, -10}, .high = {10, 10}};
  }

  template <class T>
  static T value(std::span<const double>, std::span<const T> x) {
    const T a = x[0], b = x[1];
    return square(a + 2.0 * b - 7.0) + square(2.0 * a + b - 5.0);
  }
};
THALWEG_PROBLEM(Booth)
