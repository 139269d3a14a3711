// inverse_sqrt: falls as one over the square root of the number of updates.
struct InverseSqrt {
  static constexpr Option kOptions[] = {
      kPeak,
      kWarmup,
      length_option("timescale", "", kAtLeastOne,
                    "updates after the warm-up over which it falls by a factor of "
                    "sqrt(2); by default `warmup`, or 10000 if that is 0"),
      kWarmupFrom,
      kWarmupShape,
      kAlign};
  static constexpr Spec kSpec{
      .name = "inverse_sqrt",
      .doc = "the peak / sqrt(1 + (k - warmup) / timescale): peak sqrt(warmup / k) by default",
      .options = kOptions,
      .formula = R"(
lr(k) = from + (peak - from) k / warmup            k < warmup, from = warmup_from
        peak / sqrt(1 + (k - warmup) / timescale)  k >= warmup
k updates done; timescale = warmup when left out, which gives peak sqrt(warmup / k);
10000 without a warm-up)"};

  static double value(const ScheduleOptions& o, double j) {
    const auto [timescale] = options<kOptions, "timescale">(o.numbers);
    const double usual = o.warmup > 0 ? o.warmup : 10000.0;
    return fallen(o.peak, std::isnan(timescale) ? usual : timescale, j);
  }
  static Bounds bounds(const ScheduleOptions& o) { return {0.0, o.peak}; }
};
THALWEG_SCHEDULE(InverseSqrt)
