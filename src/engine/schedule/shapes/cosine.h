// cosine: half a cosine from the peak to the floor.
struct Cosine {
  static constexpr Option kOptions[] = {
      kPeak,
      kTotal,
      kWarmup,
      kFloor,
      kWarmupFrom,
      kPast,
      number_option("exponent", "1", kPositive, "power of (1 + cos) / 2"),
      choice_option("total_from", "start|warmup", "start",
                    "`total` counts from k = 0, or (warmup) from the end of the warm-up"),
      kWarmupShape,
      kAlign,
      kDialect};
  // CosineAnnealingLR climbs again; CosineDecay counts its steps from the end of the warm-up.
  static constexpr DialectDefault kDialects[] = {{"torch", "past", "bounce"},
                                                 {"keras", "total_from", "warmup"}};
  static constexpr Spec kSpec{.name = "cosine",
                              .doc = "half a cosine from the peak at k = warmup to the floor at k = total",
                              .source = "Loshchilov and Hutter 2016, arXiv:1608.03983",
                              .options = kOptions,
                              .dialects = kDialects,
                              .formula = R"(
lr(k) = from + (peak - from) k / warmup                     k < warmup, from = warmup_from
        floor + (peak - floor) ((1 + cos(pi j / n)) / 2)^e  warmup <= k <= total
        floor                                               k > total
k updates done, n = total - warmup, j = k - warmup, e = exponent
exactly the peak at k = warmup and exactly the floor at k = total
past=bounce: after total it climbs as it fell, falls again, and so on
total_from=warmup: n = total, and the floor is reached at k = warmup + total)"};

  static double end(const ScheduleOptions& o) {
    const auto [total_from] = options<kOptions, "total_from">(o.numbers);
    return total_from != 0 ? o.total + o.warmup : o.total;
  }

  static double value(const ScheduleOptions& o, double j) {
    const auto [past, exponent] = options<kOptions, "past", "exponent">(o.numbers);
    const double n = end(o) - o.warmup;
    return between(o.floor, o.peak, std::pow(half_cosine(share_done(j, n, past)), exponent));
  }
};
THALWEG_SCHEDULE(Cosine)
