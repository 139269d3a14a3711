// inverse_time: falls as a power of one over the number of updates.
struct InverseTime {
  static constexpr Option kOptions[] = {
      kPeak,
      length_option("every", "1", kAtLeastOne, "updates that count as one step, from the end of the warm-up"),
      required(number_option("rate", "", kNotNegative,
                             "share of the peak's inverse that is added every `every` updates")),
      number_option("power", "1", kPositive, "power of the sum"),
      kStaircase,
      kWarmup,
      kWarmupFrom,
      kWarmupShape,
      kAlign};
  static constexpr Spec kSpec{.name = "inverse_time",
                              .doc = "the peak / (1 + rate (k - warmup) / every)^power",
                              .options = kOptions,
                              .formula = R"(
lr(k) = from + (peak - from) k / warmup            k < warmup, from = warmup_from
        peak / (1 + rate x)^power                  k >= warmup
k updates done, x = (k - warmup) / every; staircase: its integer part)"};

  static double value(const ScheduleOptions& o, double j) {
    const auto [every, rate, power, staircase] =
        options<kOptions, "every", "rate", "power", "staircase">(o.numbers);
    const double x = staircase != 0 ? std::floor(j / every) : j / every;
    return o.peak / std::pow(1.0 + rate * x, power);
  }
  static Wide wide(const ScheduleOptions& o, double j) {
    const auto [every, rate, power, staircase] =
        options<kOptions, "every", "rate", "power", "staircase">(o.numbers);
    const double x = staircase != 0 ? std::floor(j / every) : j / every;
    return wide_scaled(o.peak, 1.0 / (1.0 + rate * x), power);
  }
  static Bounds bounds(const ScheduleOptions& o) {
    const auto [rate] = options<kOptions, "rate">(o.numbers);
    return {rate == 0.0 ? o.peak : 0.0, o.peak};
  }
};
THALWEG_SCHEDULE(InverseTime)
