// one_cycle: up to the peak and down far below the start, once.
struct OneCycle {
  static constexpr double kDiv = 25, kFinalDiv = 10000;  // the defaults
  static constexpr Option kOptions[] = {
      required(number_option("peak", "", kNotNegative, "highest value, at the end of the first phase")),
      length_option("total", "", kAtLeastOne,
                    "updates of the cycle; by default those of the run; the final value is held afterwards"),
      share_option("pct_start", "0.3", kFraction, "share of `total` during which it climbs"),
      number_option("div", "25", kPositive, "it begins at peak / div"),
      number_option("final_div", "10000", kPositive, "it ends at peak / div / final_div"),
      choice_option("anneal", "cosine|linear", "cosine", "the shape of each phase"),
      flag_option("three_phase", "false",
                  "first falls to where it began, for as long as it climbed, and then to its end"),
      needing("three_phase",
              share_option("pct_final", "", {.min = 0, .max = 1, .open_min = true, .open_max = true},
                           "share of `total` after which the third phase begins")),
      flag_option("inclusive", "true",
                  "the final value is at the last update, k = total - 1, and phases are shorter by one; "
                  "else at k = total"),
      flag_option("whole", "false",
                  "phases of whole updates, rounded down; else they may end between updates"),
      flag_option("opposite", "false",
                  "for a momentum, opposite to a rate: from the peak to the floor and back"),
      needing("opposite",
              amount_option("floor", "0", "lowest value of the opposite curve; 10% is a share of the peak")),
      kAlign,
      kDialect};
  static constexpr DialectDefault kDialects[] = {{"optax", "inclusive", "false"},
                                                 {"optax", "whole", "true"},
                                                 {"optax", "pct_final", "0.85"},
                                                 {"paper", "anneal", "linear"}};
  static constexpr Spec kSpec{
      .name = "one_cycle",
      .doc = "up to the peak, then down far below the start, in one cycle; the final value is held",
      .source = "Smith and Topin 2019, arXiv:1708.07120",
      .options = kOptions,
      .dialects = kDialects,
      .formula = R"(
lr(k) = v_i + (v_i+1 - v_i) a(x)     in phase i, x = (k - begin_i) / (end_i - begin_i)
        the last v                   after the last phase
a(x) = (1 - cos(pi x)) / 2; anneal=linear: x
values v   peak / div, peak, peak / div / final_div
ends       pct_start total - 1, total - 1            inclusive=false: without - 1
three_phase: values peak / div, peak, peak / div, peak / div / final_div; the second phase
ends at 2 (pct_start total - 1), or at pct_final total - 1
whole: shares of total are rounded down; opposite: values peak, floor, peak)"};

  // Where the three phases end, and the values at the start and at each end; the second one has no length
  // when there are two.
  struct Phases {
    std::array<double, 3> ends;
    std::array<double, 4> values;
  };
  static Phases phases(const ScheduleOptions& o) {
    const auto [start_share, div, final_div, three, final_share, inclusive, whole, opposite] =
        options<kOptions, "pct_start", "div", "final_div", "three_phase", "pct_final", "inclusive", "whole",
                "opposite">(o.numbers);
    const bool rounds = whole != 0;
    const double less = inclusive;
    const auto update = [&](double share) {
      return (rounds ? std::floor(share * o.total) : share * o.total) - less;
    };
    const double first = update(start_share), low = o.peak / div;
    const double second = three == 0 ? first : std::isnan(final_share) ? 2.0 * first : update(final_share);
    Phases out{{first, second, o.total - less}, {low, o.peak, three == 0 ? o.peak : low, low / final_div}};
    if (opposite != 0) out.values = {o.peak, o.floor, three == 0 ? o.floor : o.peak, o.peak};
    return out;
  }

  static double value(const ScheduleOptions& o, double k) {
    const auto [ends, values] = phases(o);
    const auto [linear] = options<kOptions, "anneal">(o.numbers);
    std::size_t i = 0;
    while (i < 2 && k > ends[i]) ++i;
    const double begin = i == 0 ? 0.0 : ends[i - 1], length = ends[i] - begin;
    const double x = length > 0 ? std::fmin((k - begin) / length, 1.0) : 1.0;
    return between(values[i], values[i + 1], linear != 0 ? x : half_cosine(1.0 - x));
  }

  static Bounds bounds(const ScheduleOptions& o) {
    const auto values = phases(o).values;
    return {*std::min_element(values.begin(), values.end()), *std::max_element(values.begin(), values.end())};
  }

  // An update must lie on the way up, or the cycle begins near its peak, as torch's does then.
  static std::optional<Message> check_climb(const Settings& settings, const ScheduleOptions& o) {
    const auto [share, inclusive, whole] = options<kOptions, "pct_start", "inclusive", "whole">(o.numbers);
    const std::string& dialect = std::get<std::string>(option<kOptions, "dialect">(settings));
    if (dialect == "torch" || dialect == "optax") return std::nullopt;  // whose values these are
    const double least = whole != 0 ? std::ceil((inclusive + 1) / share) : std::floor(inclusive / share) + 1;
    if (!(o.total < least)) return std::nullopt;
    const std::string got = "pct_start=" + print_number(share) + ", total=" + print_number(o.total);
    return Message{"", "`one_cycle` has no update to climb in", got,
                   share > 0 ? "a total of at least " + print_number(least) : "pct_start above 0", ""};
  }

  static std::optional<Message> check(const Settings& settings, const ScheduleOptions& o) {
    if (std::optional<Message> message = check_climb(settings, o)) return message;
    const auto [first, div, final_div, three, pct_final, opposite] =
        options<kOptions, "pct_start", "div", "final_div", "three_phase", "pct_final", "opposite">(o.numbers);
    if (opposite != 0 && (div != kDiv || final_div != kFinalDiv)) {
      return Message{"", "`div` and `final_div` have no effect", "beside `opposite`", "`floor`", ""};
    }
    const double second = std::isnan(pct_final) ? 2.0 * first : pct_final;
    if (three == 0 || (second >= first && second <= 1.0)) return std::nullopt;
    return Message{
        "", "the second phase of `one_cycle` has no room",
        "pct_start=" + print_number(first) + ", end of the second phase at " + print_number(second),
        "an end between pct_start and 1", "give `pct_final`"};
  }

  static double end(const ScheduleOptions& o) {
    const auto [inclusive] = options<kOptions, "inclusive">(o.numbers);
    return o.total - inclusive;
  }
};
THALWEG_SCHEDULE(OneCycle)
