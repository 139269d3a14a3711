// multi_step: a factor at given updates.
struct MultiStep {
  static constexpr Option kOptions[] = {kPeak, kAt, kGamma, kWarmup, kWarmupFrom, kWarmupShape, kAlign};
  static constexpr Spec kSpec{.name = "multi_step",
                              .doc = "the peak, times gamma at each k in `at`; a repeated k counts twice",
                              .options = kOptions,
                              .formula = R"(
lr(k) = from + (peak - from) k / warmup            k < warmup, from = warmup_from
        peak gamma^m                               k >= warmup
k updates done, m how many numbers in at are k or less: a boundary has the new value)"};

  static double steps(const ScheduleOptions& o, double j) {
    return static_cast<double>(passed(option<kOptions, "at">(o.lists), j + o.warmup));
  }
  static double value(const ScheduleOptions& o, double j) {
    const auto [gamma] = options<kOptions, "gamma">(o.numbers);
    return scaled(o.peak, gamma, steps(o, j));
  }
  static Wide wide(const ScheduleOptions& o, double j) {
    const auto [gamma] = options<kOptions, "gamma">(o.numbers);
    return wide_scaled(o.peak, gamma, steps(o, j));
  }

  static Bounds bounds(const ScheduleOptions& o) {
    const auto [gamma] = options<kOptions, "gamma">(o.numbers);
    const double last = scaled(o.peak, gamma, static_cast<double>(option<kOptions, "at">(o.lists).size()));
    return {std::min(o.peak, last), std::max(o.peak, last)};
  }

  static std::optional<Message> check(const Settings&, const ScheduleOptions& o) {
    const std::vector<double>& at = option<kOptions, "at">(o.lists);
    if (!at.empty() && o.warmup > 0 && at[0] <= o.warmup) {
      return Message{"", "a step of `multi_step` lies within the warm-up",
                     "at=" + print_number(at[0]) + ", warmup=" + print_number(o.warmup),
                     "steps after the warm-up", ""};
    }
    return check_order(at);
  }
};
THALWEG_SCHEDULE(MultiStep)
