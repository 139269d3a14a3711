// constant: one value.
struct Constant {
  static constexpr Option kOptions[] = {required(number_option("value", "", kNotNegative, "the value")),
                                        kWarmup, kWarmupFrom, kWarmupShape, kAlign};
  static constexpr Spec kSpec{
      .name = "constant", .doc = "one value, optionally after a warm-up", .options = kOptions, .formula = R"(
lr(k) = value                                      k >= warmup
        from + (value - from) k / warmup           k < warmup, from = warmup_from
k updates done; align=next: k is the number of the update, from 1)"};

  static double value(const ScheduleOptions& o, double) { return o.peak; }
  static Bounds bounds(const ScheduleOptions& o) { return {o.peak, o.peak}; }
};
THALWEG_SCHEDULE(Constant)
