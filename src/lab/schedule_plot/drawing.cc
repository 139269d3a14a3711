#include "schedule_plot/drawing.h"

#include <fmt/format.h>

#include "draw/html.h"

namespace thalweg::page {
namespace {

Overlay overlay(const std::vector<PlottedSchedule>& schedules) {
  Overlay out{.id = "schedules",
              .title = schedules.size() == 1 ? schedules.front().text : "Schedules",
              .x_name = "updates done",
              .y_name = "value",
              .y_unit = "",
              .from_zero = true,
              .curves = {}};
  for (const PlottedSchedule& s : schedules)
    out.curves.push_back({.name = s.text, .points = s.values, .labels = s.marked});
  return out;
}

std::string rows_of(const PlottedSchedule& schedule) {
  std::string out;
  for (const PlottedSchedule::Event& e : schedule.events) {
    out += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                       escape(e.what), escape(e.update), escape(e.value), escape(e.before));
  }
  return out;
}

std::string events(const PlottedSchedule& schedule) {
  const std::string name = escape(schedule.text);
  return fmt::format(
      "<div class=\"events\"><p class=\"caption\"><code>{}</code></p>\n<div class=\"scroll\" role=\"group\" "
      "aria-label=\"{}\" tabindex=\"0\"><table aria-label=\"{}\">\n<thead><tr><th scope=\"col\">What</th><th "
      "scope=\"col\">Updates done</th><th scope=\"col\">Value</th><th scope=\"col\">Before "
      "it</th></tr></thead>"
      "\n<tbody>\n{}</tbody></table></div></div>\n",
      name, name, name, rows_of(schedule));
}

constexpr std::string_view kOwnStyle = R"css(
.lone { max-width: 720px; }
.events { margin-bottom: 28px; max-width: 620px; }
.events .caption { overflow-wrap: anywhere; }
@media (max-width: 480px) { .events th:nth-child(2), .events td:nth-child(2) { display: table-cell; } }
)css";

}  // namespace

std::string schedule_svg(const std::vector<PlottedSchedule>& schedules) {
  return standalone(overlay(schedules));
}

std::string schedule_html(const std::vector<PlottedSchedule>& schedules) {
  const std::string title =
      schedules.size() == 1 ? schedules.front().text : fmt::format("{} schedules", schedules.size());
  std::vector<std::string> names;
  std::string tables;
  for (const PlottedSchedule& s : schedules) {
    names.push_back(s.text);
    tables += events(s);
  }
  std::string body = fmt::format(
      "<style>{}{}</style>\n<header>\n<p class=\"brand\"><b>Thalweg</b><span>schedules</span></p>\n"
      "<h1>{}</h1>\n</header>\n<main>\n",
      overlay_style(), kOwnStyle, escape(title));
  body += section("picture", "Values",
                  "<div class=\"lone\">" + overlay_legend(names, false) + "<figure>" +
                      draw(overlay(schedules)) + "</figure></div>\n");
  body += section("events", "Boundaries", tables);
  body += "</main>\n<footer><p>One file: it opens from disk and asks nothing of anybody.</p></footer>\n";
  return document(title + " \u2013 Thalweg", body);
}

}  // namespace thalweg::page
