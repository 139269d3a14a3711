// wsd: warm-up, stable, decay.
struct Wsd {
  static constexpr Option kOptions[] = {
      kPeak,
      kTotal,
      kWarmup,
      length_option("stable", "", kNotNegative,
                    "updates at the peak; by default what warm-up and decay leave of `total`"),
      length_option("decay", "", kAtLeastOne,
                    "updates of the cool-down; what `stable` leaves of `total`, or 20% of it"),
      choice_option("cooldown", "linear|cosine|sqrt", "linear",
                    "share left at x of the cool-down: 1 - x, (1 + cos(pi x)) / 2, 1 - sqrt(x)"),
      kFloor,
      kWarmupFrom,
      kWarmupShape,
      kAlign};
  static constexpr std::string_view kForTotal[] = {"stable", "decay"};
  static constexpr Spec kSpec{
      .name = "wsd",
      .doc = "warm-up, the peak for `stable` updates, a cool-down to the floor, which is held",
      .source = "Hu et al. 2024, arXiv:2404.06395; Hagele et al. 2024, arXiv:2405.18392",
      .options = kOptions,
      .formula = R"(
lr(k) = from + (peak - from) k / warmup            k < warmup, from = warmup_from
        peak                                       warmup <= k <= warmup + stable
        floor + (peak - floor) c(x)                the next decay updates
        floor                                      k >= warmup + stable + decay
k updates done; x = (k - warmup - stable) / decay
c(x) = 1 - x, (1 + cos(pi x)) / 2 or 1 - sqrt(x), as cooldown says
total = warmup + stable + decay: the one left out follows from the others; decay is
20% of total, rounded, when stable is left out as well)"};

  static constexpr double (*kCoolDowns[])(double x) = {[](double x) { return 1.0 - x; }, half_cosine,
                                                       [](double x) { return 1.0 - std::sqrt(x); }};

  // Updates at the peak and of the cool-down; NaN while they are not known.
  struct Updates {
    double stable, decay;
  };
  static Updates updates(const ScheduleOptions& o) {
    auto [stable, decay] = options<kOptions, "stable", "decay">(o.numbers);
    const double left = o.total - o.warmup;
    if (std::isnan(stable) && std::isnan(decay)) decay = std::fmax(1.0, std::round(o.total * 0.2));
    if (std::isnan(stable)) stable = left - decay;
    if (std::isnan(decay)) decay = left - stable;
    return {stable, decay};
  }

  static double value(const ScheduleOptions& o, double j) {
    const auto [stable, decay] = updates(o);
    const auto [cooldown] = options<kOptions, "cooldown">(o.numbers);
    const double x = std::clamp((j - stable) / decay, 0.0, 1.0);
    return between(o.floor, o.peak, kCoolDowns[static_cast<std::size_t>(cooldown)](x));
  }

  static double end(const ScheduleOptions& o) {
    const auto [stable, decay] = updates(o);
    return o.warmup + stable + decay;
  }

  static std::optional<Message> check(const Settings& settings, const ScheduleOptions& o) {
    const bool stable_given = given(option<kOptions, "stable">(settings));
    const bool decay_given = given(option<kOptions, "decay">(settings));
    if (given(option<kOptions, "total">(settings)) && stable_given && decay_given) {
      return Message{"", "`wsd` takes two of `total`, `stable` and `decay`", "all three", "two of them", ""};
    }
    const auto [wanted_stable, wanted_decay] = options<kOptions, "stable", "decay">(o.numbers);
    const bool open =
        (stable_given && std::isnan(wanted_stable)) || (decay_given && std::isnan(wanted_decay));
    const auto [stable, decay] = updates(o);
    if (open || !(stable < 0 || decay <= 0)) return std::nullopt;
    return Message{"", "the phases of `wsd` do not fit into `total`",
                   "total=" + print_number(o.total) + ", stable=" + print_number(stable) +
                       ", decay=" + print_number(decay),
                   "a cool-down after the warm-up", ""};
  }
};
THALWEG_SCHEDULE(Wsd)
