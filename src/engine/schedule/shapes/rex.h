// rex: slow at first, then ever faster.
struct Rex {
  static constexpr Option kOptions[] = {kPeak,       kTotal, kWarmup,      kFloor,
                                        kWarmupFrom, kPast,  kWarmupShape, kAlign};
  static constexpr Spec kSpec{
      .name = "rex",
      .doc = "(1 - x) / (1 - x / 2), x the share done, from the peak at k = warmup to the floor at k = total",
      .source = "Chen, Wolfe and Kyrillidis 2021, arXiv:2107.04197",
      .options = kOptions,
      .formula = R"(
lr(k) = from + (peak - from) k / warmup                 k < warmup, from = warmup_from
        floor + (peak - floor) (1 - x) / (1 - x / 2)    warmup <= k <= total
        floor                                           k > total
k updates done, x = (k - warmup) / (total - warmup)
exactly the peak at k = warmup and exactly the floor at k = total
past=bounce: after total it climbs as it fell, falls again, and so on)"};

  static double value(const ScheduleOptions& o, double j) {
    const auto [past] = options<kOptions, "past">(o.numbers);
    const double x = share_done(j, o.total - o.warmup, past);
    return between(o.floor, o.peak, (1.0 - x) / (1.0 - x / 2.0));
  }
};
THALWEG_SCHEDULE(Rex)
