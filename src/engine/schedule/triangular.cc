// Lines up and down, again and again.
#include <algorithm>
#include <cmath>

#include "schedule/schedules.h"

namespace thalweg {
namespace {

constexpr Option kTriangular[] = {
    {.name = "peak",
     .type = OptionType::number,
     .range = kNotNegative,
     .doc = "highest value, at k = up of the first cycle",
     .required = true},
    {.name = "up",
     .type = OptionType::length,
     .range = kAtLeastOne,
     .unit = "updates",
     .doc = "updates from the floor to the peak",
     .required = true},
    {.name = "down",
     .type = OptionType::length,
     .range = kNotNegative,
     .unit = "updates",
     .doc = "updates from there to the floor; `up` when left out"},
    {.name = "floor",
     .type = OptionType::amount,
     .fallback = "0",
     .range = kNotNegative,
     .doc = "where each cycle begins and ends; 10% is a share of the peak"},
    {.name = "mode",
     .type = OptionType::choice,
     .fallback = "triangular",
     .doc = "height above the floor: the same, half that of the cycle before, or times gamma^k",
     .choices = "triangular|triangular2|exp_range"},
    {.name = "gamma",
     .type = OptionType::number,
     .fallback = "1",
     .range = {.min = 0.0, .max = 1.0, .open_min = true},
     .doc = "the factor of each update of exp_range",
     .needs = "mode"},
    {.name = "opposite",
     .type = OptionType::flag,
     .fallback = "false",
     .doc = "upside down, for a momentum beside a rate: begins at the peak and falls towards the floor"},
    kScheduleAlign};

constexpr double (*kHeights[])(double cycle, double k, double gamma) = {  // in the order of `mode`
    [](double, double, double) { return 1.0; },
    [](double cycle, double, double) { return std::pow(0.5, cycle); },
    [](double, double k, double gamma) { return std::pow(gamma, k); }};

double triangular_value(const ScheduleOptions& o, double k) {
  const double up = o[1], down = std::isnan(o[2]) ? up : o[2];
  const double length = up + down, cycle = std::floor(k / length), x = std::fmod(k, length);
  const double share = x < up ? x / up : (length - x) / down;
  const double height = share * kHeights[static_cast<std::size_t>(o[4])](cycle, k, o[5]);
  return o[6] != 0 ? between(o[0], o[3], height) : between(o[3], o[0], height);
}

Bounds triangular_bounds(const ScheduleOptions& o) { return {std::min(o[0], o[3]), std::max(o[0], o[3])}; }

}  // namespace

extern const ScheduleShape kTriangularSchedule{
    {"triangular",
     "a line from the floor to the peak and one back, again and again; a cycle begins at the floor",
     "Smith 2017, arXiv:1506.01186", kTriangular},
    triangular_value,
    triangular_bounds};

}  // namespace thalweg
