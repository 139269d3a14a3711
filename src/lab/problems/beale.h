// beale: a flat valley with steep walls at the corners.
struct Beale {
  static constexpr Spec kSpec{
      .name = "beale",
      .doc = "a flat valley between walls of the eighth degree",
      .source = "Beale 1958, via More, Garbow and Hillstrom 1981, doi:10.1145/355934.355936",
      .formula = R"(
f(a, b) = (1.5 - a + a b)^2 + (2.25 - a + a b^2)^2 + (2.625 - a + a b^3)^2
region |a|, |b| <= 4.5; start (1, 1); minimum 0 at (3, 0.5))"};

  static Facts facts(std::span<const double>) {
    return {.start = {1, 1}, .minima = {{3, 0.5}}, .minimum = 0, .low = {-4.5, -4.5}, .high = {4.5, 4.5}};
  }

  template <class T>
  static T value(std::span<const double>, std::span<const T> x) {
    const T a = x[0], b = x[1];
    return square(1.5 - a + a * b) + square(2.25 - a + a * b * b) + square(2.625 - a + a * b * b * b);
  }
};
THALWEG_PROBLEM(Beale)
