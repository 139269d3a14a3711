// Schedules of a few phases: warm-up, stable, decay; and one cycle.
#include <algorithm>
#include <array>
#include <cmath>

#include "schedule/schedules.h"

namespace thalweg {
namespace {

// wsd(peak, total, warmup, stable, decay, cooldown, floor, ...)
constexpr Option kWsd[] = {
    kSchedulePeak,
    kScheduleTotal,
    kScheduleWarmup,
    {.name = "stable",
     .type = OptionType::length,
     .range = kNotNegative,
     .unit = "updates",
     .doc = "updates at the peak; what warm-up and decay leave of `total` when left out"},
    {.name = "decay",
     .type = OptionType::length,
     .range = kAtLeastOne,
     .unit = "updates",
     .doc = "updates of the cool-down; what `stable` leaves of `total`, or 20% of it"},
    {.name = "cooldown",
     .type = OptionType::choice,
     .fallback = "linear",
     .doc = "share left at x of the cool-down: 1 - x, (1 + cos(pi x)) / 2, 1 - sqrt(x)",
     .choices = "linear|cosine|sqrt"},
    kScheduleFloor,
    kScheduleWarmupFrom,
    kScheduleWarmupShape,
    kScheduleAlign};

constexpr double (*kCoolDowns[])(double x) = {[](double x) { return 1.0 - x; }, half_cosine,
                                              [](double x) { return 1.0 - std::sqrt(x); }};

constexpr std::string_view kForTotal[] = {"stable", "decay"};

// Updates at the peak and of the cool-down; NaN while they are not known.
struct Wsd {
  explicit Wsd(const ScheduleOptions& o) : stable(o[3]), decay(o[4]) {
    const double left = o[1] - o.warmup;
    if (std::isnan(stable) && std::isnan(decay)) decay = std::fmax(1.0, std::round(o[1] * 0.2));
    if (std::isnan(stable)) stable = left - decay;
    if (std::isnan(decay)) decay = left - stable;
  }
  double stable, decay;
};

double wsd_value(const ScheduleOptions& o, double j) {
  const Wsd updates(o);
  const double x = std::clamp((j - updates.stable) / updates.decay, 0.0, 1.0);
  return between(o[6], o[0], kCoolDowns[static_cast<std::size_t>(o[5])](x));
}

Bounds wsd_bounds(const ScheduleOptions& o) { return {std::min(o[0], o[6]), std::max(o[0], o[6])}; }

double wsd_end(const ScheduleOptions& o) {
  const Wsd updates(o);
  return o.warmup + updates.stable + updates.decay;
}

std::optional<Message> check_wsd(const Settings& settings, const ScheduleOptions& o) {
  const auto given = [&](std::size_t i) { return !std::holds_alternative<std::monostate>(settings[i]); };
  if (given(1) && given(3) && given(4)) {
    return Message{"", "`wsd` takes two of `total`, `stable` and `decay`", "all three", "two of them", ""};
  }
  const bool open = (given(3) && std::isnan(o[3])) || (given(4) && std::isnan(o[4]));
  const Wsd updates(o);
  if (open || !(updates.stable < 0 || updates.decay <= 0)) return std::nullopt;
  return Message{"", "the phases of `wsd` do not fit into `total`",
                 "total=" + print_number(o[1]) + ", stable=" + print_number(updates.stable) +
                     ", decay=" + print_number(updates.decay),
                 "a cool-down behind the warm-up", ""};
}

// one_cycle(peak, total, pct_start, ...)
constexpr double kDiv = 25, kFinalDiv = 10000;  // the defaults

constexpr Option kOneCycle[] = {
    {.name = "peak",
     .type = OptionType::number,
     .range = kNotNegative,
     .doc = "highest value, at the end of the first phase",
     .required = true},
    {.name = "total",
     .type = OptionType::length,
     .range = kAtLeastOne,
     .unit = "updates",
     .doc = "updates of the cycle; the run's when left out; the final value is held behind it"},
    {.name = "pct_start",
     .type = OptionType::number,
     .fallback = "0.3",
     .range = kFraction,
     .unit = "fraction",
     .doc = "share of `total` in which it climbs"},
    {.name = "div",
     .type = OptionType::number,
     .fallback = "25",
     .range = kPositive,
     .doc = "it begins at peak / div"},
    {.name = "final_div",
     .type = OptionType::number,
     .fallback = "10000",
     .range = kPositive,
     .doc = "it ends at peak / div / final_div"},
    {.name = "anneal",
     .type = OptionType::choice,
     .fallback = "cosine",
     .doc = "the shape of each phase",
     .choices = "cosine|linear"},
    {.name = "three_phase",
     .type = OptionType::flag,
     .fallback = "false",
     .doc = "falls to where it began first, as long as it climbed, and to its end then"},
    {.name = "pct_final",
     .type = OptionType::number,
     .range = {.min = 0.0, .max = 1.0, .open_min = true, .open_max = true},
     .unit = "fraction",
     .doc = "share of `total` behind which the third phase begins",
     .needs = "three_phase"},
    {.name = "inclusive",
     .type = OptionType::flag,
     .fallback = "true",
     .doc = "k = total - 1, the last update, has the final value, each phase an update less; else k = total"},
    {.name = "whole",
     .type = OptionType::flag,
     .fallback = "false",
     .doc = "phases of whole updates, rounded down; else they turn between two updates"},
    {.name = "opposite",
     .type = OptionType::flag,
     .fallback = "false",
     .doc = "for a momentum beside a rate: from the peak to the floor, and back when the rate falls"},
    {.name = "floor",
     .type = OptionType::amount,
     .fallback = "0",
     .range = kNotNegative,
     .doc = "lowest value of the opposite curve; 10% is a share of the peak",
     .needs = "opposite"},
    kScheduleAlign,
    kDialect};

constexpr DialectDefault kOneCycleDialects[] = {{"optax", "inclusive", "false"},
                                                {"optax", "whole", "true"},
                                                {"optax", "pct_final", "0.85"},
                                                {"paper", "anneal", "linear"}};

// Where the three phases begin and end; the second one has no length when there are two.
struct OneCycle {
  explicit OneCycle(const ScheduleOptions& o) {
    const double total = o[1], less = o[8];
    const auto updates = [&](double share) {
      return (o[9] != 0 ? std::floor(share * total) : share * total) - less;
    };
    const double first = updates(o[2]);
    const double second = o[6] == 0 ? first : std::isnan(o[7]) ? 2.0 * first : updates(o[7]);
    ends = {first, second, total - less};
    const double low = o[0] / o[3];
    if (o[10] != 0) {
      values = {o[0], o[11], o[6] == 0 ? o[11] : o[0], o[0]};
    } else {
      values = {low, o[0], o[6] == 0 ? o[0] : low, low / o[4]};
    }
  }
  std::array<double, 3> ends;
  std::array<double, 4> values;  // at the start and at each end
};

double one_cycle_value(const ScheduleOptions& o, double k) {
  const OneCycle cycle(o);
  std::size_t i = 0;
  while (i < 2 && k > cycle.ends[i]) ++i;
  const double begin = i == 0 ? 0.0 : cycle.ends[i - 1], length = cycle.ends[i] - begin;
  const double x = length > 0 ? std::fmin((k - begin) / length, 1.0) : 1.0;
  const double share = o[5] != 0 ? x : half_cosine(1.0 - x);
  return between(cycle.values[i], cycle.values[i + 1], share);
}

Bounds one_cycle_bounds(const ScheduleOptions& o) {
  const auto values = OneCycle(o).values;
  return {*std::min_element(values.begin(), values.end()), *std::max_element(values.begin(), values.end())};
}

std::optional<Message> check_one_cycle(const Settings&, const ScheduleOptions& o) {
  if (o[10] != 0 && (o[3] != kDiv || o[4] != kFinalDiv)) {
    return Message{"", "`div` and `final_div` have nothing to act on", "beside `opposite`", "`floor`", ""};
  }
  const double second = std::isnan(o[7]) ? 2.0 * o[2] : o[7];
  if (o[6] == 0 || (second >= o[2] && second <= 1.0)) return std::nullopt;
  return Message{"", "the second phase of `one_cycle` has no room",
                 "pct_start=" + print_number(o[2]) + ", end of the second phase at " + print_number(second),
                 "an end between pct_start and 1", "give `pct_final`"};
}

double one_cycle_end(const ScheduleOptions& o) { return o[1] - o[8]; }

}  // namespace

extern const ScheduleShape kWsdSchedule{
    .spec = {"wsd", "warm-up, the peak for `stable` updates, a cool-down to the floor, which is held",
             "Hu et al. 2024, arXiv:2404.06395; Hagele et al. 2024, arXiv:2405.18392", kWsd},
    .value = wsd_value,
    .bounds = wsd_bounds,
    .check = check_wsd,
    .end = wsd_end,
    .for_total = kForTotal};

extern const ScheduleShape kOneCycleSchedule{
    {"one_cycle", "up to the peak and down far below the start in one run; the final value is held",
     "Smith and Topin 2019, arXiv:1708.07120", kOneCycle, true, kOneCycleDialects},
    one_cycle_value,
    one_cycle_bounds,
    check_one_cycle,
    one_cycle_end};

}  // namespace thalweg
