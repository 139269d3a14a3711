// cyclic: cosine annealing with restarts.
struct Cyclic {
  static constexpr Option kOptions[] = {
      kPeak,
      kTotal,
      count_option("cycles", "", {1, 1e9}, "how many cycles fill the span after the warm-up"),
      length_option("period", "", kAtLeastOne,
                    "length of the first cycle, instead of `cycles`; without `total` they repeat forever"),
      number_option("mult", "1", kAtLeastOne, "length of each cycle relative to the one before"),
      number_option("gamma", "1", kPositive, "peak of each cycle relative to the one before"),
      kWarmup,
      kFloor,
      kWarmupFrom,
      choice_option(
          "floor_form", "absolute|share", "absolute",
          "gamma scales the peak, with the floor fixed, or (share) the peak's height above the floor"),
      flag_option("inclusive", "false",
                  "the last update of a cycle has the floor; otherwise only the next restart would"),
      kWarmupShape,
      kAlign,
      kDialect};
  static constexpr DialectDefault kDialects[] = {
      {"torch", "floor_form", "share"}, {"keras", "floor_form", "share"}, {"keras", "mult", "2"}};
  static constexpr std::string_view kForTotal[] = {"period"};
  static constexpr Spec kSpec{
      .name = "cyclic",
      .doc = "cosine annealing with restarts: a restart begins at the new peak; the floor from `total` on",
      .source = "Loshchilov and Hutter 2016, arXiv:1608.03983",
      .options = kOptions,
      .dialects = kDialects,
      .formula = R"(
lr(k) = from + (peak - from) k / warmup                    k < warmup, from = warmup_from
        floor + (top_i - floor) (1 + cos(pi x / P_i)) / 2  x updates after cycle i began
        floor                                              k >= total
k updates done; P_i = P_0 mult^i, real numbers that are never rounded; P_0 = period, or
such that the cycles fill total - warmup. inclusive: the cosine uses P_i - 1 for P_i.
top_i = max(peak gamma^i, floor); floor_form=share: floor + (peak - floor) gamma^i
A restart begins at the peak of the new cycle.)"};

  struct Cycles {
    explicit Cycles(const ScheduleOptions& o)
        : peak(o.peak),
          floor(o.floor),
          span(o.total - o.warmup),
          cycles(option<kOptions, "cycles">(o.numbers)),
          period(option<kOptions, "period">(o.numbers)),
          mult(option<kOptions, "mult">(o.numbers)),
          gamma(option<kOptions, "gamma">(o.numbers)),
          share(option<kOptions, "floor_form">(o.numbers) != 0),
          inclusive(option<kOptions, "inclusive">(o.numbers) != 0) {}

    // The height of a cycle; the first one's is the peak exactly, and no later one's is below the floor.
    double top(double cycle) const {
      if (gamma == 1.0 || cycle == 0.0) return peak;
      if (share) return floor + scaled(peak - floor, gamma, cycle);
      return std::fmax(scaled(peak, gamma, cycle), floor);
    }
    Wide wide_height(double cycle) const {  // of its top above the floor
      if (gamma == 1.0 || cycle == 0.0) return Wide::of(peak - floor);
      if (share) return wide_scaled(peak - floor, gamma, cycle);
      const Wide height = wide_scaled(peak, gamma, cycle) + Wide::of(-floor);
      return height.fraction > 0.0 ? height : Wide::of(0.0);
    }

    struct Position {
      double cycle;   // number of the cycle
      double done;    // of it, in a measure of its own
      double length;  // of it, in the same measure
      double update;  // one update in the same measure
    };

    // Cycles of equal length n / c: cycle boundaries are compared in whole numbers, so that a restart is
    // never an update late by rounding.
    static Position equal_cycles(double j, double n, double c) {
      const double cycle = std::floor(j * c / n);
      return {cycle, j * c - cycle * n, n, c};
    }

    // The cycle of `count` that j is in. A logarithm names it, which may miss a restart by rounding, so it is
    // looked for beside that one.
    template <class Begin>
    static double cycle_at(double j, double named, double count, const Begin& begin) {
      double cycle = std::fmin(std::fmax(std::floor(named) - 1.0, 0.0), count - 1.0);
      while (cycle + 1.0 < count && j >= begin(cycle + 1.0)) ++cycle;
      return cycle;
    }

    // Cycles that grow from `first`; the last of `count` takes what rounding left. Whole lengths are exact in
    // double.
    Position growing_cycles(double j, double first, double count) const {
      const auto begin = [&](double cycle) { return first * (std::pow(mult, cycle) - 1.0) / (mult - 1.0); };
      const double named = std::log1p(j * (mult - 1.0) / first) / std::log(mult);
      const double cycle = cycle_at(j, named, count, begin);
      return {cycle, j - begin(cycle), first * std::pow(mult, cycle), 1.0};
    }

    // So many cycles that the first one has no length in double: measured from the end of the span, where the
    // last cycle fills (mult - 1) / mult of it.
    Position countless_cycles(double j) const {
      const auto begin = [&](double cycle) { return span * std::pow(mult, cycle - cycles); };
      if (j == 0.0) return {0.0, 0.0, 1.0, 1.0};
      const double cycle = cycle_at(j, cycles + std::log(j / span) / std::log(mult), cycles, begin);
      return {cycle, j - begin(cycle), begin(cycle + 1.0) - begin(cycle), 1.0};
    }

    Position position(double j) const {
      const bool by_period = !std::isnan(period);
      if (mult == 1.0) return by_period ? equal_cycles(j, period, 1.0) : equal_cycles(j, span, cycles);
      if (by_period) return growing_cycles(j, period, INFINITY);
      const double all = std::pow(mult, cycles) - 1.0, first = span * (mult - 1.0) / all;
      return std::isnormal(first) ? growing_cycles(j, first, cycles) : countless_cycles(j);
    }

    // The share of the height that is left in a cycle.
    double share_left(const Position& at) const {
      // A cycle of one update is its restart, which has the peak.
      const double length = inclusive ? std::fmax(at.length - at.update, at.update) : at.length;
      return half_cosine(std::fmin(at.done / length, 1.0));
    }

    double peak, floor;
    double span;  // updates that the cycles fill; NaN when `total` is not given
    double cycles, period, mult, gamma;
    bool share, inclusive;
  };

  static double value(const ScheduleOptions& options, double j) {
    const Cycles o(options);
    if (j >= o.span) return o.floor;  // false when `total` is not given
    const Cycles::Position at = o.position(j);
    return between(o.floor, o.top(at.cycle), o.share_left(at));
  }
  static Wide wide(const ScheduleOptions& options, double j) {
    const Cycles o(options);
    if (j >= o.span) return Wide::of(o.floor);
    const Cycles::Position at = o.position(j);
    return Wide::of(o.floor) + o.wide_height(at.cycle) * Wide::of(o.share_left(at));
  }

  // The tops of the cycles rise or fall from the peak, without end where their number is not known.
  static Bounds bounds(const ScheduleOptions& options) {
    const Cycles o(options);
    double last = o.peak;
    if (o.gamma != 1.0) last = o.top(std::isnan(o.cycles) ? INFINITY : o.cycles - 1.0);
    return {std::min({o.peak, o.floor, last}), std::max({o.peak, o.floor, last})};
  }

  static std::optional<Message> check(const Settings& settings, const ScheduleOptions&) {
    const bool cycles = given(option<kOptions, "cycles">(settings));
    if (cycles != given(option<kOptions, "period">(settings))) return std::nullopt;
    return Message{"", "`cyclic` needs either `cycles` or `period`", cycles ? "both" : "neither",
                   "one of the two", ""};
  }
};
THALWEG_SCHEDULE(Cyclic)
