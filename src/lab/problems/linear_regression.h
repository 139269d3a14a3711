// linear_regression: half the mean squared error of a line with two weights on seeded data. u is not centred,
// so slope and intercept are correlated: a valley across both axes.
struct LinearRegression {
  static constexpr Option kOptions[] = {
      count_option("samples", "64", {.min = 2, .max = 10'000}, "number of samples"),
      number_option("noise", "0.5", kNotNegative,
                    "standard deviation of the noise added to the line's values"),
      count_option("seed", "1", {.min = 0, .max = 1e15}, "seed of the data"),
  };
  static constexpr Spec kSpec{
      .name = "linear_regression",
      .doc = "half the mean squared error of a line, its slope and intercept, over samples",
      .source = "Gauss 1809, Theoria motus corporum coelestium",
      .options = kOptions,
      .formula = R"(
f(a, b) = 1/n sum_i (a u_i + b - t_i)^2 / 2
u_i = 2 (i + 1/2) / n, t_i = 1.5 u_i - 0.5 + noise z_i, z_i standard normal from the seed
n = samples, i = 0 .. n-1; start (-1.5, 2); minimum: the solution of the normal equations)"};

  static std::size_t samples(std::span<const double> o) {
    return static_cast<std::size_t>(option<kOptions, "samples">(o));
  }

  struct Sample {
    double u, t;
  };
  static Sample data(std::span<const double> o, std::size_t i) {
    const auto [n, noise, seed] = options<kOptions, "samples", "noise", "seed">(o);
    const Random random(static_cast<std::uint64_t>(seed), Purpose::noise, i);
    const double u = 2 * (static_cast<double>(i) + 0.5) / n;
    return {u, 1.5 * u - 0.5 + noise * normal(random, 0)};
  }

  static Facts facts(std::span<const double> o) {
    const auto [n] = options<kOptions, "samples">(o);
    double u = 0, t = 0, squares = 0, products = 0;
    for (std::size_t i = 0; i < samples(o); ++i) {
      u += data(o, i).u / n;
      t += data(o, i).t / n;
    }
    for (std::size_t i = 0; i < samples(o); ++i) {
      const Sample s = data(o, i);
      squares += square(s.u - u);
      products += (s.u - u) * (s.t - t);
    }
    const double slope = products / squares, intercept = t - slope * u;
    double errors = 0;
    for (std::size_t i = 0; i < samples(o); ++i) {
      errors += square(slope * data(o, i).u + intercept - data(o, i).t);
    }
    return {.start = {-1.5, 2}, .minima = {{slope, intercept}}, .minimum = errors / (2 * n)};
  }

  template <class T>
  static T sample(std::span<const double> o, std::size_t i, std::span<const T> x) {
    const Sample s = data(o, i);
    return 0.5 * square(x[0] * s.u + x[1] - s.t);
  }
};
THALWEG_PROBLEM(LinearRegression)
