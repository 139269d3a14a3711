// goldstein_price: four local minima over five orders of magnitude.
struct GoldsteinPrice {
  static constexpr Spec kSpec{.name = "goldstein_price",
                              .doc = "four local minima over five orders of magnitude",
                              .source = "Goldstein and Price 1971, doi:10.1090/S0025-5718-1971-0312365-X",
                              .formula = R"(
f(a, b) = (1 + (a + b + 1)^2 (19 - 14 a + 3 a^2 - 14 b + 6 a b + 3 b^2))
          (30 + (2 a - 3 b)^2 (18 - 32 a + 12 a^2 + 48 b - 36 a b + 27 b^2))
region |a|, |b| <= 2; start (0.2, -0.5); minimum 3 at (0, -1))"};

  static Facts facts(std::span<const double>) {
    return {.start = {0.2, -0.5}, .minima = {{0, -1}}, .minimum = 3, .low = {-2, -2}, .high = {2, 2}};
  }

  template <class T>
  static T value(std::span<const double>, std::span<const T> x) {
    const T a = x[0], b = x[1];
    const T left = 19.0 - 14.0 * a + 3.0 * a * a - 14.0 * b + 6.0 * a * b + 3.0 * b * b;
    const T right = 18.0 - 32.0 * a + 12.0 * a * a + 48.0 * b - 36.0 * a * b + 27.0 * b * b;
    return (1.0 + square(a + b + 1.0) * left) * (30.0 + square(2.0 * a - 3.0 * b) * right);
  }
};
THALWEG_PROBLEM(GoldsteinPrice)
