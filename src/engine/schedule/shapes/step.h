// step: a factor after every so many updates.
struct Step {
  static constexpr Option kOptions[] = {
      kPeak,
      required(length_option("every", "", kAtLeastOne,
                             "updates between two steps, counted from the end of the warm-up")),
      kGamma,
      kWarmup,
      kWarmupFrom,
      kWarmupShape,
      kAlign};
  static constexpr Spec kSpec{
      .name = "step",
      .doc = "the peak times gamma^floor((k - warmup) / every): a step is taken at each multiple of `every`",
      .options = kOptions,
      .formula = R"(
lr(k) = from + (peak - from) k / warmup            k < warmup, from = warmup_from
        peak gamma^floor((k - warmup) / every)     k >= warmup
k updates done; k = warmup + every is the first with peak gamma)"};

  static double steps(const ScheduleOptions& o, double j) {
    const auto [every] = options<kOptions, "every">(o.numbers);
    return std::floor(j / every);
  }
  static double value(const ScheduleOptions& o, double j) {
    return scaled(o.peak, option<kOptions, "gamma">(o.numbers), steps(o, j));
  }
  static Wide wide(const ScheduleOptions& o, double j) {
    return wide_scaled(o.peak, option<kOptions, "gamma">(o.numbers), steps(o, j));
  }
  static Bounds bounds(const ScheduleOptions& o) {
    const auto [gamma] = options<kOptions, "gamma">(o.numbers);
    return without_end(o.peak, gamma);
  }
};
THALWEG_SCHEDULE(Step)
