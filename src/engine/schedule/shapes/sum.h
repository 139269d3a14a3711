// sum: schedules added.
struct Sum {
  static constexpr Option kOptions[] = {kParts, kAlign};
  static constexpr Spec kSpec{
      .name = "sum", .doc = "schedules added at each k", .options = kOptions, .formula = R"(
lr(k) = part_1(k) + part_2(k) + ...
k updates done)"};

  static double value(const ScheduleOptions& o, double j) {
    double sum = 0.0;
    for (const Schedule& part : o.parts) sum += part(whole(j));
    return std::isfinite(sum) ? sum : wide(o, j).number();
  }
  static Wide wide(const ScheduleOptions& o, double j) { return sum_of(o, j); }

  static Bounds bounds(const ScheduleOptions& o) { return bounds_of_sum(o); }

  static std::optional<Message> check(const Settings&, const ScheduleOptions& o) { return check_parts(o); }
  static double end(const ScheduleOptions& o) { return longest(o); }
};
THALWEG_SCHEDULE(Sum)
