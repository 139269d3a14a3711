// join: one schedule after another.
struct Join {
  static constexpr Option kOptions[] = {
      required(typed_option(OptionType::schedules, "parts", "", {},
                            "the schedules; each runs over its own span, on a clock that starts there at 0")),
      required(in_unit("updates",
                       typed_option(OptionType::lengths, "at", "", kNotNegative,
                                    "numbers of updates done, in order, at which the next part begins"))),
      kAlign};
  static constexpr Spec kSpec{
      .name = "join",
      .doc = "one schedule after another, each on its own clock; a boundary has the new one's first value",
      .options = kOptions,
      .formula = R"(
lr(k) = part_i(k - at_i)
k updates done, i how many boundaries in at are k or less, at_0 = 0
Shares and totals of a part refer to its own span.)"};

  static const std::vector<double>& at(const ScheduleOptions& o) { return option<kOptions, "at">(o.lists); }
  static double begin_of(const ScheduleOptions& o, std::size_t part) {
    return part == 0 ? 0.0 : at(o)[part - 1];
  }

  static double value(const ScheduleOptions& o, double j) {
    const std::size_t part = passed(at(o), j);
    return o.parts[part](whole(j - begin_of(o, part)));
  }
  static Wide wide(const ScheduleOptions& o, double j) {
    const std::size_t part = passed(at(o), j);
    return wide_value(o.parts[part], whole(j - begin_of(o, part)));
  }

  static Bounds bounds(const ScheduleOptions& o) {
    Bounds all{INFINITY, -INFINITY};
    for (std::size_t part = 0; part < o.parts.size(); ++part) {
      const bool skipped = part < at(o).size() && at(o)[part] == begin_of(o, part);
      if (skipped) continue;
      all.lowest = std::min(all.lowest, o.parts[part].lowest());
      all.highest = std::max(all.highest, o.parts[part].highest());
    }
    return all;
  }

  static std::optional<Message> check(const Settings&, const ScheduleOptions& o) {
    const std::size_t boundaries = at(o).size();
    if (o.parts.size() == boundaries + 1) return check_order(at(o));
    return Message{"", "`join` needs one part more than boundaries",
                   std::to_string(o.parts.size()) + " parts, " + std::to_string(boundaries) + " in `at`",
                   std::to_string(boundaries + 1) + " parts", ""};
  }

  static double end(const ScheduleOptions& o) {
    const double last = static_cast<double>(o.parts.back().total());
    return last > 0 ? begin_of(o, o.parts.size() - 1) + last : 0.0;
  }

  // A part's run is its span. One that is never used takes the whole run, so that its lengths are known too.
  static Lengths lengths_of_part(const ScheduleOptions& o, std::size_t part, const Lengths& run) {
    const double begin = begin_of(o, part);
    const double end = part < at(o).size() ? at(o)[part] : static_cast<double>(run.updates);
    if (std::isnan(begin) || std::isnan(end)) return {.updates = 0, .per_epoch = run.per_epoch};
    return {.updates = end > begin ? static_cast<std::uint64_t>(end - begin) : run.updates,
            .per_epoch = run.per_epoch};
  }
};
THALWEG_SCHEDULE(Join)
