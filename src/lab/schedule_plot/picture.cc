// Schedules as a picture and as a page.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "base/text.h"
#include "draw/chart.h"
#include "draw/html.h"
#include "draw/labels.h"
#include "draw/number.h"
#include "thalweg/error.h"
#include "thalweg/lab/schedule_plot.h"

namespace thalweg {
namespace {

using Kind = ScheduleEvent::Kind;

constexpr std::size_t kMostSchedules = 8;
constexpr std::size_t kLongestName = 24;
constexpr std::uint64_t kColumns = 2000;  // values that a curve is drawn from, besides those of its events

std::string shown(double value) { return fmt::format("{:.4g}", value); }
std::string updates_done(const ScheduleEvent& e) { return page::count(e.update); }
bool jumps(const ScheduleEvent& e) { return std::isfinite(e.before); }

std::string words(const ScheduleEvent& e) {
  switch (e.kind) {
    case Kind::start:
      return "from " + shown(e.value);
    case Kind::warmup:
      return "warm-up ends at " + updates_done(e) + ": " + shown(e.value);
    case Kind::restart:
      return "restart at " + updates_done(e) + ": " + shown(e.value);
    case Kind::end:
      return shown(e.value) + " at " + updates_done(e);
    default:
      return shown(e.value) + " from " + updates_done(e);
  }
}

// What schedules are called beside their curves: by the first word, or where that is not enough by what
// differs.
std::vector<std::string> short_names(std::span<const Schedule> schedules) {
  std::vector<std::string> words, texts;
  for (const Schedule& schedule : schedules) {
    texts.push_back(schedule.text());
    words.push_back(texts.back().substr(0, texts.back().find('(')));
  }
  std::set<std::string> distinct(words.begin(), words.end());
  return distinct.size() == words.size() ? words : page::told_apart(texts, kLongestName);
}

// The same words at the same place stand once, with the names of all whose they are.
void name_labels(std::vector<page::Series>& series, const std::vector<std::string>& names) {
  std::map<std::tuple<double, double, std::string>, std::vector<std::size_t>> whose;
  for (std::size_t i = 0; i < series.size(); ++i)
    for (const page::Label& label : series[i].labels)
      whose[{label.at.x, label.at.y, label.text}].push_back(i);
  for (std::size_t i = 0; i < series.size(); ++i) {
    for (page::Label& label : series[i].labels) {
      const std::vector<std::size_t>& all = whose.at({label.at.x, label.at.y, label.text});
      const auto name = [&](std::size_t k) { return names[k]; };
      const std::string called = all.size() == series.size() ? "all" : join(all, ", ", name);
      label.text = all.front() == i ? called + ": " + label.text : "";
    }
  }
}

page::Series series_of(const Schedule& schedule, std::uint64_t updates, std::size_t number) {
  page::Series out{.name = schedule.text(), .look = page::look_of(number), .points = {}};
  std::vector<std::uint64_t> places;
  const std::uint64_t stride = std::max<std::uint64_t>(1, updates / kColumns);
  for (std::uint64_t k = 0; k < updates; k += stride) places.push_back(k);
  places.push_back(updates);
  for (const ScheduleEvent& e : schedule_events(schedule, updates)) {
    const double k = static_cast<double>(e.update);
    places.push_back(e.update);
    if (jumps(e)) places.push_back(e.update - 1);
    out.labels.push_back({{k, e.value}, words(e)});
    if (e.kind == Kind::restart) out.labels.push_back({{k - 1, e.before}, shown(e.before)});
  }
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  for (const std::uint64_t k : places) out.points.push_back({static_cast<double>(k), schedule(k)});
  return out;
}

page::Chart chart_of(std::span<const Schedule> schedules, std::uint64_t updates) {
  if (schedules.empty() || schedules.size() > kMostSchedules) {
    throw Error(Code::usage,
                {"schedule", "too many to be told apart in one picture", std::to_string(schedules.size()),
                 "1 to " + std::to_string(kMostSchedules), ""});
  }
  page::Chart out{.id = "schedules",
                  .title = schedules.size() == 1 ? schedules.front().text() : "Schedules",
                  .x_name = "updates done",
                  .y_name = "value",
                  .from_zero = true};
  for (const Schedule& schedule : schedules) {
    if (!schedule.resolved() || updates == 0) {
      throw Error(Code::usage, {"schedule", "a length is not resolved to updates",
                                "`" + schedule.text() + "`", "updates, such as 500", ""});
    }
    out.series.push_back(series_of(schedule, updates, out.series.size()));
  }
  if (schedules.size() > 1) name_labels(out.series, short_names(schedules));
  return out;
}

page::Table table_of(const Schedule& schedule, std::uint64_t updates, std::size_t number) {
  page::Table out{.caption = schedule.text(),
                  .head = {"Event", "Updates done", "Value", "Value before"},
                  .rows = {},
                  .id = fmt::format("events-{}", number)};
  for (const ScheduleEvent& e : schedule_events(schedule, updates)) {
    out.rows.push_back(
        {std::string(event_name(e.kind)), updates_done(e), shown(e.value), jumps(e) ? shown(e.before) : ""});
  }
  return out;
}

}  // namespace

std::string schedule_svg(std::span<const Schedule> schedules, std::uint64_t updates) {
  return page::standalone(chart_of(schedules, updates));
}

std::string schedule_html(std::span<const Schedule> schedules, std::uint64_t updates,
                          const std::string& command) {
  const page::Chart chart = chart_of(schedules, updates);
  std::string tables;
  for (std::size_t i = 0; i < schedules.size(); ++i)
    tables += page::table(table_of(schedules[i], updates, i));
  return page::document(
      {.title = schedules.size() == 1 ? chart.title : fmt::format("{} schedules", schedules.size()),
       .subject = "schedules",
       .body =
           page::section("picture", "Values", "<figure class=\"lone\">" + page::draw(chart) + "</figure>\n") +
           page::section("events", "Events", tables) + page::made_by(command)});
}

}  // namespace thalweg
