// exponential: the same factor in every update.
struct Exponential {
  static constexpr Option kOptions[] = {
      kPeak,
      length_option("every", "1", kAtLeastOne,
                    "updates over which it falls by a factor of gamma, counted from the end of the warm-up"),
      required(number_option("gamma", "", kPositive, "the factor")),
      amount_option("floor", "",
                    "where the fall stops, or the growth if gamma is above 1; 10% is a share of the peak"),
      kStaircase,
      kWarmup,
      kWarmupFrom,
      kWarmupShape,
      kAlign};
  static constexpr Spec kSpec{
      .name = "exponential",
      .doc = "the peak times gamma^((k - warmup) / every), down to the floor if one is given",
      .options = kOptions,
      .formula = R"(
lr(k) = from + (peak - from) k / warmup            k < warmup, from = warmup_from
        max(peak gamma^(j / every), floor)         k >= warmup; min where gamma >= 1
k updates done, j = k - warmup; staircase: only the integer part of j / every)"};

  static double value(const ScheduleOptions& o, double j) {
    const auto [every, gamma, staircase] = options<kOptions, "every", "gamma", "staircase">(o.numbers);
    const double power = staircase != 0 ? std::floor(j / every) : j / every;
    const double value = scaled(o.peak, gamma, power);
    return gamma < 1.0 ? std::fmax(value, o.floor) : std::fmin(value, o.floor);  // a floor of NaN is none
  }
  static Wide wide(const ScheduleOptions& o, double j) {
    const auto [every, gamma, staircase] = options<kOptions, "every", "gamma", "staircase">(o.numbers);
    const bool free = std::isnan(o.floor) || (gamma < 1.0 && o.floor <= 0.0);
    if (!free) return Wide::of(value(o, j));
    return wide_scaled(o.peak, gamma, staircase != 0 ? std::floor(j / every) : j / every);
  }

  static Bounds bounds(const ScheduleOptions& o) {
    const auto [gamma] = options<kOptions, "gamma">(o.numbers);
    const Bounds free = without_end(o.peak, gamma);
    if (gamma < 1.0) return {std::fmax(free.lowest, o.floor), free.highest};
    return {free.lowest, std::fmin(free.highest, o.floor)};
  }

  static std::optional<Message> check(const Settings&, const ScheduleOptions& o) {
    const auto [gamma] = options<kOptions, "gamma">(o.numbers);
    const bool falls = gamma < 1.0;
    if (!(falls ? o.floor > o.peak : o.floor < o.peak)) return std::nullopt;
    return Message{"", "`exponential` moves away from its floor",
                   "peak=" + print_number(o.peak) + ", gamma=" + print_number(gamma) +
                       ", floor=" + print_number(o.floor),
                   falls ? "a floor below the peak" : "a floor above the peak, as gamma is not below 1", ""};
  }
};
THALWEG_SCHEDULE(Exponential)
