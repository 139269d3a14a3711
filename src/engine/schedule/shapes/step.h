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

  static double value(const ScheduleOptions& o, double j) {
    const auto [every, gamma] = options<kOptions, "every", "gamma">(o.numbers);
    return scaled(o.peak, gamma, std::floor(j / every));
  }
  static Wide wide(const ScheduleOptions& o, double j) {
    const auto [every, gamma] = options<kOptions, "every", "gamma">(o.numbers);
    return wide_scaled(o.peak, gamma, std::floor(j / every));
  }
  static Bounds bounds(const ScheduleOptions& o) {
    const auto [gamma] = options<kOptions, "gamma">(o.numbers);
    return without_end(o.peak, gamma);
  }
};
THALWEG_SCHEDULE(Step)
