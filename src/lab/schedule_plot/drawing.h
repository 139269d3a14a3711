// Schedules over each other, from plain numbers.
#pragma once

#include <string>
#include <vector>

#include "draw/overlay.h"

namespace thalweg::page {

struct PlottedSchedule {
  std::string text;
  std::vector<Point> values;  // x: updates done
  std::vector<Label> marked;  // boundary values with words
  struct Event {
    std::string what, update, value, before;
  };
  std::vector<Event> events;  // rows of the table
};

std::string schedule_svg(const std::vector<PlottedSchedule>& schedules);
std::string schedule_html(const std::vector<PlottedSchedule>& schedules);

}  // namespace thalweg::page
