// triangular: a line up and a line down, again and again.
struct Triangular {
  static constexpr Option kOptions[] = {
      required(number_option("peak", "", kNotNegative, "highest value, at k = up of the first cycle")),
      required(length_option("up", "", kAtLeastOne, "updates from the floor to the peak")),
      length_option("down", "", kAtLeastOne, "updates from there to the floor; by default `up`"),
      amount_option("floor", "0", "where each cycle begins and ends; 10% is a share of the peak"),
      choice_option("mode", "triangular|triangular2|exp_range", "triangular",
                    "height above the floor: constant, halved with each cycle, or multiplied by gamma^k"),
      needing("mode", number_option("gamma", "1", Range{.min = 0.0, .max = 1.0, .open_min = true},
                                    "factor per update of exp_range")),
      flag_option("opposite", "false",
                  "inverted, for a momentum opposite to a rate: begins at the peak and falls to the floor"),
      kAlign};
  static constexpr Spec kSpec{
      .name = "triangular",
      .doc = "a line from the floor to the peak and one back, repeated; a cycle begins at the floor",
      .source = "Smith 2017, arXiv:1506.01186",
      .options = kOptions,
      .formula = R"(
lr(k) = floor + (peak - floor) s h
k updates done; x = k mod (up + down), i = floor(k / (up + down)), the number of the cycle
s = x / up while x < up, else (up + down - x) / down
h = 1; mode=triangular2: 2^-i; mode=exp_range: gamma^k
opposite: peak + (floor - peak) s h. A cycle begins at the floor; x = up has the peak.)"};

  // Where it is within a cycle, and the height of that one: share * ratio^power.
  struct Position {
    double share;
    double ratio = 1.0, power = 0.0;
  };

  static Position position(const ScheduleOptions& o, double k) {
    const auto [up, down_given, mode, gamma] = options<kOptions, "up", "down", "mode", "gamma">(o.numbers);
    const double down = std::isnan(down_given) ? up : down_given;
    const double length = up + down, x = std::fmod(k, length);
    const double share = x < up ? x / up : (length - x) / down;
    if (mode == 1) return {share, 0.5, std::floor(k / length)};
    return mode == 2 ? Position{share, gamma, k} : Position{share};
  }

  static double value(const ScheduleOptions& o, double k) {
    const Position at = position(o, k);
    const double factor = std::pow(at.ratio, at.power), height = at.share * factor;
    if (!std::isnormal(factor)) return wide(o, k).number();
    const bool opposite = option<kOptions, "opposite">(o.numbers) != 0;
    return opposite ? between(o.peak, o.floor, height) : between(o.floor, o.peak, height);
  }
  static Wide wide(const ScheduleOptions& o, double k) {
    const Position at = position(o, k);
    const bool opposite = option<kOptions, "opposite">(o.numbers) != 0;
    const double begin = opposite ? o.peak : o.floor, end = opposite ? o.floor : o.peak;
    return Wide::of(begin) + wide_scaled(end - begin, at.ratio, at.power) * Wide::of(at.share);
  }
};
THALWEG_SCHEDULE(Triangular)
