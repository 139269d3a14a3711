// linear_regression: half the mean squared error of a line on seeded data, or on those of a file. u of the
// seed is not centred, so slope and intercept are correlated: a valley across both axes.
struct LinearRegression {
  static constexpr Option kOptions[] = {
      count_option("samples", "64", {.min = 2, .max = 10'000}, "number of samples"),
      number_option("noise", "0.5", kNotNegative,
                    "standard deviation of the noise added to the line's values"),
      count_option("seed", "1", {.min = 0, .max = 1e15}, "seed of the data"),
      name_option("data", "a table of numbers in a text file, in place of seeded data: five.csv"),
      needing("data", name_option("target",
                                  "its column t: a name, or a number from 0, negative from the right", "-1")),
  };
  static constexpr Spec kSpec{
      .name = "linear_regression",
      .doc = "half the mean squared error of a line, its slope and intercept, over samples",
      .source = "Gauss 1809, Theoria motus corporum coelestium",
      .options = kOptions,
      .formula = R"(
f(a, b) = 1/n sum_i (a u_i + b - t_i)^2 / 2
u_i = 2 (i + 1/2) / n, t_i = 1.5 u_i - 0.5 + noise z_i, z_i standard normal from the seed
n = samples, i = 0 .. n-1; start (-1.5, 2); minimum: the solution of the normal equations
with data, u_i and t_i are the columns of a row, as they stand, and the start is 0;
k columns beside the target make f(a1, ..., ak, b), a sum of aj uj in the place of a u
b is a bias, as of dense(1): on=matrices and the decay of adamw leave it out)"};

  static Points points(const Settings& settings, std::span<const double> o) {
    if (const Setting& data = option<kOptions, "data">(settings); given(data)) {
      return read_points(std::get<std::string>(data),
                         std::get<std::string>(option<kOptions, "target">(settings)));
    }
    const auto [n, noise, seed] = options<kOptions, "samples", "noise", "seed">(o);
    Points out;
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
      const Random random(static_cast<std::uint64_t>(seed), Purpose::noise, i);
      const double u = 2 * (static_cast<double>(i) + 0.5) / n;
      out.u.push_back(u);
      out.t.push_back(1.5 * u - 0.5 + noise * normal(random, 0));
    }
    out.start = {-1.5, 2};
    return out;
  }

  static Facts facts(const Points& points) { return least_squares(points); }

  template <class T>
  static T sample(const Points& points, std::size_t i, std::span<const T> x) {
    const double* u = &points.u[i * points.inputs];
    T line = x[0] * u[0];
    for (std::size_t j = 1; j < points.inputs; ++j) line = line + x[j] * u[j];
    return 0.5 * square(line + x[points.inputs] - points.t[i]);
  }
};
THALWEG_PROBLEM(LinearRegression)
