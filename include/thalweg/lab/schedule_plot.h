// Schedules in one picture, with what happens at their boundaries.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "thalweg/schedule.h"

namespace thalweg {

// A characteristic point of a schedule. `before` is the value of the update before it, where it jumps.
struct ScheduleEvent {
  enum class Kind { start, warmup, restart, step, peak, low, end } kind = Kind::start;
  std::uint64_t update = 0;  // updates done
  double value = 0;
  double before = 0;  // NaN where it does not jump
};

// Start, end of the warm-up, jumps up (restart) and down (step), turning points and end, up to and with
// `updates`, in order; at most 200 between start and end. Of a schedule longer than 2,000,000 updates the
// jumps are not looked for. Needs a resolved schedule.
std::vector<ScheduleEvent> schedule_events(const Schedule& schedule, std::uint64_t updates);

// "restart"
std::string_view event_name(ScheduleEvent::Kind kind);

// A self-contained SVG file, light and dark, or an HTML page with a table of the events. Updates 0 to
// `updates`, from 1. `command` is what made the page, to be shown at its foot. Throws Error(usage) for no
// schedules, more than 8, and ones that are not resolved.
std::string schedule_svg(std::span<const Schedule> schedules, std::uint64_t updates);
std::string schedule_html(std::span<const Schedule> schedules, std::uint64_t updates,
                          const std::string& command = "");

}  // namespace thalweg
