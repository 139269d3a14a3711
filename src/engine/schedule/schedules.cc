// The umbrella of schedules: the only file that includes the shapes.
#include "schedule/schedules.h"

#include <array>

#include "base/registry.h"
#include "schedule/curves.h"
#include "schedule/options.h"
#include "schedule/parts.h"
#include "schedule/warmup.h"

namespace thalweg::schedules {

struct ShapeRegistry {
  static constexpr int kFirst = __COUNTER__ + 1;
};
#define THALWEG_SCHEDULE(Shape) THALWEG_ENTRY(ShapeRegistry, Shape)
#include "schedule/schedules.inc"

namespace {

Bounds floor_to_peak(const ScheduleOptions& o) {
  return {std::min(o.peak, o.floor), std::max(o.peak, o.floor)};
}

template <class S>
constexpr ScheduleShape describe() {
  ScheduleShape out{};
  out.spec = S::kSpec;
  out.value = S::value;
  out.bounds = floor_to_peak;
  if constexpr (requires { S::bounds; }) out.bounds = S::bounds;
  if constexpr (requires { S::check; }) out.check = S::check;
  if constexpr (requires { S::end; }) out.end = S::end;
  if constexpr (requires { S::lengths_of_part; }) out.lengths_of_part = S::lengths_of_part;
  if constexpr (requires { S::peak; }) out.peak = S::peak;
  if constexpr (requires { S::kForTotal; }) out.for_total = S::kForTotal;
  if constexpr (requires { S::wide; }) out.wide = S::wide;
  return out;
}

constexpr auto kShapes =
    registry::Entries<ShapeRegistry, __COUNTER__>::each([]<class S>() { return describe<S>(); });

}  // namespace
}  // namespace thalweg::schedules

namespace thalweg {

std::span<const ScheduleShape> schedule_shapes() { return schedules::kShapes; }

}  // namespace thalweg
