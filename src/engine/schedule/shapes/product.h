// product: schedules multiplied.
struct Product {
  static constexpr Option kOptions[] = {kParts, kAlign};
  static constexpr Spec kSpec{
      .name = "product", .doc = "schedules multiplied at each k", .options = kOptions, .formula = R"(
lr(k) = part_1(k) part_2(k) ...
k updates done; 0 where a part is 0)"};

  static double value(const ScheduleOptions& o, double j) {
    double product = 1.0;
    bool in_range = true;  // of double, what the factors make one after the other
    for (const Schedule& part : o.parts) {
      product *= part(whole(j));
      in_range = in_range && std::isnormal(product);
    }
    return in_range ? product : wide(o, j).number();
  }
  static Wide wide(const ScheduleOptions& o, double j) {
    Wide product;
    for (const Schedule& part : o.parts) product = product * wide_value(part, whole(j));
    return product;
  }

  static Bounds bounds(const ScheduleOptions& o) {
    Bounds all{1.0, 1.0};
    for (const Schedule& part : o.parts) all = times(all, bounds_of(part));
    return all;
  }

  static std::optional<Message> check(const Settings&, const ScheduleOptions& o) { return check_parts(o); }
  static double end(const ScheduleOptions& o) { return longest(o); }
};
THALWEG_SCHEDULE(Product)
