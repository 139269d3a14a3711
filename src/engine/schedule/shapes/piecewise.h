// piecewise: values between boundaries.
struct Piecewise {
  static constexpr Option kOptions[] = {
      required(typed_option(OptionType::numbers, "values", "", {},
                            "the values: the first one before the first boundary, one more at each")),
      kAt,
      choice_option("kind", "constant|linear|cosine", "constant",
                    "hold each value up to the next boundary, or interpolate to the next value"),
      choice_option("boundary", "new|old", "new",
                    "what k = a boundary has: already the new value, or still the old one"),
      kAlign,
      kDialect};
  static constexpr DialectDefault kDialects[] = {{"keras", "boundary", "old"}};
  static constexpr Spec kSpec{
      .name = "piecewise",
      .doc = "values between boundaries, the first from k = 0; a boundary has the new value or the old one",
      .options = kOptions,
      .dialects = kDialects,
      .formula = R"(
lr(k) = v_i                                        kind=constant
        v_i + (v_i+1 - v_i) x                      kind=linear
        v_i + (v_i+1 - v_i) (1 - cos(pi x)) / 2    kind=cosine
k updates done, v = values; i how many boundaries in at are k or less (boundary=old: less)
x = (k - at_i) / (at_i+1 - at_i), at_0 = 0; the last value is held)"};

  static constexpr double kConstantKind = 0, kCosineKind = 2;  // choices of `kind`; linear is the other one

  // How many of the positions are before j.
  static std::size_t before(std::span<const double> positions, double j) {
    return static_cast<std::size_t>(std::lower_bound(positions.begin(), positions.end(), j) -
                                    positions.begin());
  }

  static double value(const ScheduleOptions& o, double j) {
    const std::vector<double>&values = option<kOptions, "values">(o.lists),
          &at = option<kOptions, "at">(o.lists);
    const auto [kind, keeps_old] = options<kOptions, "kind", "boundary">(o.numbers);
    const std::size_t i = keeps_old != 0 ? before(at, j) : passed(at, j);
    if (kind == kConstantKind || i == at.size()) return values[i];
    const double begin = i == 0 ? 0.0 : at[i - 1];
    const double x = at[i] > begin ? (j - begin) / (at[i] - begin) : 0.0;
    return between(values[i + 1], values[i], kind == kCosineKind ? half_cosine(x) : 1.0 - x);
  }

  static Bounds bounds(const ScheduleOptions& o) {
    const std::vector<double>& values = option<kOptions, "values">(o.lists);
    const auto [lowest, highest] = std::minmax_element(values.begin(), values.end());
    return {*lowest, *highest};
  }

  static std::optional<Message> check(const Settings&, const ScheduleOptions& o) {
    const std::size_t values = option<kOptions, "values">(o.lists).size();
    const std::vector<double>& at = option<kOptions, "at">(o.lists);
    if (values == at.size() + 1) return check_order(at);
    return Message{"", "`piecewise` needs one value more than boundaries",
                   std::to_string(values) + " values, " + std::to_string(at.size()) + " in `at`",
                   std::to_string(at.size() + 1) + " values", ""};
  }

  static double end(const ScheduleOptions& o) {
    const std::vector<double>& at = option<kOptions, "at">(o.lists);
    return at.empty() ? 0.0 : at.back();
  }
};
THALWEG_SCHEDULE(Piecewise)
