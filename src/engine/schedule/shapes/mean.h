// mean: the mean of schedules.
struct Mean {
  static constexpr Option kOptions[] = {kParts, kAlign};
  static constexpr Spec kSpec{
      .name = "mean", .doc = "the mean of schedules at each k", .options = kOptions, .formula = R"(
lr(k) = (part_1(k) + ... + part_n(k)) / n
k updates done)"};

  static double value(const ScheduleOptions& o, double j) {
    double sum = 0.0;
    for (const Schedule& part : o.parts) sum += part(whole(j));
    return std::isfinite(sum) ? sum / static_cast<double>(o.parts.size()) : wide(o, j).number();
  }
  static Wide wide(const ScheduleOptions& o, double j) {
    const Wide sum = sum_of(o, j), mean = Wide::of(sum.fraction / static_cast<double>(o.parts.size()));
    return {mean.fraction, mean.exponent + sum.exponent};
  }

  static Bounds bounds(const ScheduleOptions& o) {
    const Bounds sum = bounds_of_sum(o);
    const double parts = static_cast<double>(o.parts.size());
    return {sum.lowest / parts, sum.highest / parts};
  }

  static std::optional<Message> check(const Settings&, const ScheduleOptions& o) { return check_parts(o); }
  static double end(const ScheduleOptions& o) { return longest(o); }
};
THALWEG_SCHEDULE(Mean)
