// scale: a schedule times a number.
struct Scale {
  static constexpr Option kOptions[] = {
      required(scalar_option("part", "", kAnyNumber, "the schedule")),
      required(number_option("factor", "", kAnyNumber, "factor of each of its values")), kAlign};
  static constexpr Spec kSpec{
      .name = "scale", .doc = "a schedule times a number", .options = kOptions, .formula = R"(
lr(k) = factor part(k)
k updates done)"};

  static double value(const ScheduleOptions& o, double j) {
    const auto [factor] = options<kOptions, "factor">(o.numbers);
    return factor == 0.0 ? 0.0 : wide(o, j).number();
  }
  static Wide wide(const ScheduleOptions& o, double j) {
    const auto [factor] = options<kOptions, "factor">(o.numbers);
    return wide_value(o.parts[0], whole(j)) * Wide::of(factor);
  }
  static Bounds bounds(const ScheduleOptions& o) {
    const auto [factor] = options<kOptions, "factor">(o.numbers);
    return times(bounds_of(o.parts[0]), {factor, factor});
  }
  static double end(const ScheduleOptions& o) { return longest(o); }
};
THALWEG_SCHEDULE(Scale)
