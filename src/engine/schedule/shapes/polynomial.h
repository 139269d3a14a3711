// polynomial: a power of the remaining share.
struct Polynomial {
  static constexpr Option kOptions[] = {
      kPeak,
      kTotal,
      number_option("power", "1", kPositive, "power of the remaining share"),
      kWarmup,
      kFloor,
      kWarmupFrom,
      choice_option(
          "past", "hold|bounce|stretch", "hold",
          "after `total`: hold the floor; climb as it fell; or stretch the decay to the next multiple"),
      kWarmupShape,
      kAlign,
      kDialect};
  static constexpr DialectDefault kDialects[] = {{"keras", "floor", "0.0001"}};
  static constexpr Spec kSpec{
      .name = "polynomial",
      .doc = "(1 - share done)^power, from the peak at k = warmup to the floor at k = total",
      .options = kOptions,
      .dialects = kDialects,
      .formula = R"(
lr(k) = from + (peak - from) k / warmup                k < warmup, from = warmup_from
        floor + (peak - floor) (1 - j / n)^power       warmup <= k <= total
        floor                                          k > total
k updates done, n = total - warmup, j = k - warmup
exactly the peak at k = warmup and exactly the floor at k = total
past=bounce: up and down again after total; past=stretch: n becomes n ceil(j / n))"};

  static double value(const ScheduleOptions& o, double j) {
    const auto [power, past] = options<kOptions, "power", "past">(o.numbers);
    return between(o.floor, o.peak, std::pow(1.0 - share_done(j, o.total - o.warmup, past), power));
  }
  static Wide wide(const ScheduleOptions& o, double j) {
    const auto [power, past] = options<kOptions, "power", "past">(o.numbers);
    const double left = 1.0 - share_done(j, o.total - o.warmup, past);
    if (left == 0.0) return Wide::of(o.floor);
    return Wide::of(o.floor) + wide_scaled(o.peak - o.floor, left, power);
  }
};
THALWEG_SCHEDULE(Polynomial)
