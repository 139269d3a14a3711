// thalweg schedule: the values of a schedule.
#include <algorithm>
#include <map>

#include <fmt/core.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "thalweg/error.h"
#include "thalweg/lab/schedule_plot.h"
#include "thalweg/schedule.h"
#include "tool/command.h"

namespace thalweg::tool {
namespace {

struct Flags {
  std::string text;
  std::vector<std::uint64_t> points;
  Lengths lengths;
  std::string svg;
  std::string html;
  bool json = false;
};

// The length of a table: the run's, or longer where the schedule is; without a run its own, or that of the
// longest beside it.
std::uint64_t end_of(const Schedule& schedule, const Flags& flags, std::uint64_t longest) {
  if (flags.lengths.updates > 0) return std::max(flags.lengths.updates, schedule.total());
  return schedule.total() > 0 ? schedule.total() : longest;
}

// Of pictures, and of tables of schedules without an end.
std::uint64_t longest_of(const std::vector<Schedule>& schedules, const Flags& flags) {
  std::uint64_t end = flags.lengths.updates;
  for (const Schedule& schedule : schedules) end = std::max(end, schedule.total());
  return end > 0 ? end : 100;
}

std::vector<std::uint64_t> points_of(const Flags& flags, std::uint64_t end) {
  if (!flags.points.empty()) return flags.points;
  std::vector<std::uint64_t> points;
  constexpr std::uint64_t kParts = 10;  // eleven points from the first update to the end
  for (std::uint64_t i = 0; i <= kParts; ++i) points.push_back(end * i / kParts);
  return points;
}

Schedule resolved(const std::string& text, const Lengths& lengths) {
  const Schedule schedule = Schedule(text).resolve(lengths);
  const std::string open = schedule.unresolved();
  if (open.empty()) return schedule;
  throw Error(Code::usage,
              {"schedule", "the length in updates is not known", "`" + open + "` of `" + text + "`",
               "updates, such as 500", "give --total N, and --per-epoch N for epochs"});
}

// A few jumps and turns have rows of their own among even points, which may miss them.
std::map<std::uint64_t, std::string> remarks_of(const Schedule& schedule, const Flags& flags,
                                                std::uint64_t end) {
  constexpr std::size_t kMost = 20;
  std::map<std::uint64_t, std::string> out;
  if (!flags.points.empty()) return out;
  for (const ScheduleEvent& e : schedule_events(schedule, end)) {
    if (e.kind == ScheduleEvent::Kind::start || e.kind == ScheduleEvent::Kind::end) continue;
    out[e.update] = event_name(e.kind);
    if (e.before == e.before) out[e.update] += fmt::format(", {:.9g} before", e.before);
  }
  return out.size() > kMost ? std::map<std::uint64_t, std::string>() : out;
}

std::string table(const Schedule& schedule, const Flags& flags, std::uint64_t longest) {
  std::string out = schedule.text() + "\n";
  const std::uint64_t end = end_of(schedule, flags, longest);
  const std::map<std::uint64_t, std::string> remarks = remarks_of(schedule, flags, end);
  std::vector<std::uint64_t> points = points_of(flags, end);
  for (const auto& [k, remark] : remarks)
    if (std::ranges::find(points, k) == points.end()) points.insert(std::ranges::upper_bound(points, k), k);
  for (const std::uint64_t k : points) {
    out += fmt::format("{:>10}  {:.9g}", k, schedule(k));
    out += remarks.contains(k) ? "  " + remarks.at(k) + "\n" : "\n";
  }
  return out;
}

std::string json(const Schedule& schedule, const Flags& flags, std::uint64_t longest) {
  const auto row = [&](std::uint64_t k) {
    return JsonArray().raw(json_value(k)).raw(json_value(schedule(k))).text();
  };
  return JsonObject()
      .add("schedule", schedule.text())
      .raw("points", json_list(points_of(flags, end_of(schedule, flags, longest)), row))
      .text();
}

void write_pictures(const std::vector<Schedule>& schedules, const Flags& flags, std::uint64_t end) {
  if (!flags.svg.empty()) write_output(flags.svg, schedule_svg(schedules, end));
  if (!flags.html.empty()) write_output(flags.html, schedule_html(schedules, end, command_line()));
}

int schedule(const Flags& flags) {
  std::vector<Schedule> schedules;
  for (const std::string& text : split_list({"schedule", flags.text}))
    schedules.push_back(resolved(text, flags.lengths));
  const std::uint64_t longest = longest_of(schedules, flags);
  write_pictures(schedules, flags, longest);
  if (!flags.json) {
    print(join(schedules, "\n", [&](const Schedule& one) { return table(one, flags, longest); }));
  } else if (schedules.size() == 1) {
    print(json(schedules.front(), flags, longest) + "\n");
  } else {
    const std::string all =
        json_list(schedules, [&](const Schedule& one) { return json(one, flags, longest); });
    print(JsonObject().add("schema", 1).raw("schedules", all).text() + "\n");
  }
  return kOk;
}

}  // namespace

Command schedule_command() {
  static Flags flags;
  return {"schedule",
          "Print the values of schedules, or draw them",
          {Argument("schedule SCHEDULE", &flags.text,
                    "such as \"cosine(1e-3, total=1000)\"; several are separated by semicolons",
                    {.required = true}),
           Argument("--points N,...", &flags.points, "updates done, such as 0,99,100"),
           Argument("--total N", &flags.lengths.updates,
                    "updates of the run, for totals that are left out and lengths that are shares; the "
                    "values end there",
                    {.shown = "none"}),
           Argument("--per-epoch N", &flags.lengths.per_epoch, "updates per epoch, for lengths in epochs",
                    {.shown = "none"}),
           Argument("--svg FILE", &flags.svg, "write a picture of them, overlaid, to this file"),
           Argument("--html FILE", &flags.html,
                    "write a page with the picture and a table of boundaries to this file"),
           Argument("--json", &flags.json, "print as JSON, with 17 digits")},
          [](Given) { return schedule(flags); },
          "schedule and points, each an update and a value; of several, a list of these as schedules."};
}

}  // namespace thalweg::tool
