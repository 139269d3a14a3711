// linear: a line from the peak to the floor.
struct Linear {
  static constexpr Option kOptions[] = {kPeak,       kTotal, kWarmup,      kFloor,
                                        kWarmupFrom, kPast,  kWarmupShape, kAlign};
  static constexpr Spec kSpec{.name = "linear",
                              .doc = "a line from the peak at k = warmup to the floor at k = total",
                              .options = kOptions,
                              .formula = R"(
lr(k) = from + (peak - from) k / warmup            k < warmup, from = warmup_from
        floor + (peak - floor) (1 - j / n)         warmup <= k <= total
        floor                                      k > total
k updates done, n = total - warmup, j = k - warmup
exactly the peak at k = warmup and exactly the floor at k = total
past=bounce: after total it climbs as it fell, falls again, and so on)"};

  static double value(const ScheduleOptions& o, double j) {
    const auto [past] = options<kOptions, "past">(o.numbers);
    return between(o.floor, o.peak, 1.0 - share_done(j, o.total - o.warmup, past));
  }
};
THALWEG_SCHEDULE(Linear)
