// eggholder: folds of ever larger size; it is least at the edge of its region.
struct Eggholder {
  static constexpr Spec kSpec{.name = "eggholder",
                              .doc = "folds; lowest at the edge of its region, beyond which it keeps falling",
                              .source = "Whitley et al. 1996, doi:10.1016/0004-3702(95)00124-7",
                              .formula = R"(
f(a, b) = -(b + 47) sin(sqrt|a / 2 + b + 47|) - a sin(sqrt|a - (b + 47)|)
region |a|, |b| <= 512; start (-333, -333); minimum -959.6407 at (512, 404.2318)
Beyond the region it keeps falling: without bounds there is no minimum.)"};

  static Facts facts(std::span<const double>) {
    return {.start = {-333, -333},
            .minima = {{512, 404.2318051137578}},
            .minimum = -959.6406627208507,
            .low = {-512, -512},
            .high = {512, 512}};
  }

  template <class T>
  static T value(std::span<const double>, std::span<const T> x) {
    const T a = x[0], b = x[1] + 47.0;
    return -b * sin(sqrt(abs(a / 2.0 + b))) - a * sin(sqrt(abs(a - b)));
  }
};
THALWEG_PROBLEM(Eggholder)
