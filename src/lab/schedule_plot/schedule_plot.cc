#include "thalweg/lab/schedule_plot.h"

#include <algorithm>
#include <cmath>

#include "base/spec.h"
#include "base/text.h"

namespace thalweg {
namespace {

using Kind = ScheduleEvent::Kind;

constexpr std::uint64_t kMostScanned = 2000000;
constexpr std::size_t kMostEvents = 200;
constexpr double kJump = 0.02;    // least jump, as a share of the span of all values
constexpr double kOwnJump = 0.2;  // or of the larger of the two values
constexpr double kSteeper = 4;    // than the steps on both sides of it

// The warm-up of a resolved schedule; 0 where it has none.
std::uint64_t warmup_of(const Schedule& schedule) {
  const std::string text = schedule.text();
  if (read_number(text)) return 0;
  const Text parsed = parse({"schedule", text});
  for (const Arg& arg : parsed.front().args) {
    if (arg.name == "warmup") return static_cast<std::uint64_t>(read_number(arg.value.word).value_or(0));
  }
  return 0;
}

ScheduleEvent event(Kind kind, const Schedule& schedule, std::uint64_t k) {
  const bool jump = kind == Kind::restart || kind == Kind::step;
  return {.kind = kind, .update = k, .value = schedule(k), .before = jump ? schedule(k - 1) : NAN};
}

// Whether the step to k stands out: from its neighbours, and from the span of all values or its own.
bool jumps(const std::vector<double>& v, std::size_t k, double span) {
  if (k == 0 || k >= v.size()) return false;
  const double step = std::abs(v[k] - v[k - 1]);
  const double left = k >= 2 ? std::abs(v[k - 1] - v[k - 2]) : 0;
  const double right = k + 1 < v.size() ? std::abs(v[k + 1] - v[k]) : 0;
  if (step <= kSteeper * std::max(left, right)) return false;
  return step > kJump * span || step > kOwnJump * std::max(std::abs(v[k]), std::abs(v[k - 1]));
}

// What happens at k, between its neighbours.
bool happens(const std::vector<double>& v, std::size_t k, double span, Kind& kind) {
  const double step = v[k] - v[k - 1], next = v[k + 1] - v[k];
  if (jumps(v, k, span)) {
    kind = step > 0 ? Kind::restart : Kind::step;
    return true;
  }
  if (jumps(v, k + 1, span) || step * next >= 0) return false;
  kind = step > 0 ? Kind::peak : Kind::low;
  return true;
}

std::vector<ScheduleEvent> scan(const Schedule& schedule, std::uint64_t from, std::uint64_t updates) {
  std::vector<double> v;
  for (std::uint64_t k = 0; k <= updates; ++k) v.push_back(schedule(k));
  const auto [least, most] = std::minmax_element(v.begin(), v.end());
  std::vector<ScheduleEvent> out;
  Kind kind = Kind::start;
  for (std::uint64_t k = 1; k < updates && out.size() < kMostEvents; ++k) {
    if (k != from && happens(v, k, *most - *least, kind)) out.push_back(event(kind, schedule, k));
  }
  return out;
}

}  // namespace

std::string_view event_name(Kind kind) {
  constexpr std::string_view kNames[] = {"start", "warm-up ends", "restart", "step", "peak", "low", "end"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::vector<ScheduleEvent> schedule_events(const Schedule& schedule, std::uint64_t updates) {
  std::vector<ScheduleEvent> out = {event(Kind::start, schedule, 0)};
  const std::uint64_t warmup = warmup_of(schedule);
  if (warmup > 0 && warmup < updates) out.push_back(event(Kind::warmup, schedule, warmup));
  if (updates <= kMostScanned) {
    const std::vector<ScheduleEvent> found = scan(schedule, warmup, updates);
    out.insert(out.end(), found.begin(), found.end());
  }
  const std::uint64_t end = schedule.total() > 0 ? std::min(schedule.total(), updates) : updates;
  std::erase_if(out, [&](const ScheduleEvent& e) { return e.update == end && e.kind != Kind::start; });
  out.push_back(event(Kind::end, schedule, end));
  std::ranges::stable_sort(out, {}, &ScheduleEvent::update);
  return out;
}

}  // namespace thalweg
