// drop_wave: rings of waves that grow towards the centre.
struct DropWave {
  static constexpr Spec kSpec{.name = "drop_wave",
                              .doc = "rings of waves that grow towards the centre",
                              .source = "mlpack ensmallen, DropWaveFunction",
                              .formula = R"(
f(a, b) = -(1 + cos(12 r)) / (r^2 / 2 + 2), r = sqrt(a^2 + b^2)
region |a|, |b| <= 5.12; start (0.5, 0.5); minimum -1 at (0, 0))"};

  static Facts facts(std::span<const double>) {
    return {
        .start = {0.5, 0.5}, .minima = {{0, 0}}, .minimum = -1, .low = {-5.12, -5.12}, .high = {5.12, 5.12}};
  }

  template <class T>
  static T value(std::span<const double>, std::span<const T> x) {
    const T squares = square(x[0]) + square(x[1]);
    return -(1.0 + cos(12.0 * sqrt(squares))) / (0.5 * squares + 2.0);
  }
};
THALWEG_PROBLEM(DropWave)
