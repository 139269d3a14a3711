// thalweg schedule: the values of a schedule.
#include <algorithm>

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

std::vector<std::uint64_t> points_of(const Flags& flags, const Schedule& schedule) {
  if (!flags.points.empty()) return flags.points;
  std::vector<std::uint64_t> points;
  constexpr std::uint64_t kParts = 10;  // eleven points from the first update to the end
  const std::uint64_t end = schedule.total() > 0 ? schedule.total() : 100;
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

std::string table(const Schedule& schedule, const Flags& flags) {
  std::string out = schedule.text() + "\n";
  for (const std::uint64_t k : points_of(flags, schedule))
    out += fmt::format("{:>10}  {:.9g}\n", k, schedule(k));
  return out;
}

std::string json(const Schedule& schedule, const Flags& flags) {
  const auto row = [&](std::uint64_t k) {
    return JsonArray().raw(json_value(k)).raw(json_value(schedule(k))).text();
  };
  return JsonObject()
      .add("schedule", schedule.text())
      .raw("points", json_list(points_of(flags, schedule), row))
      .text();
}

void write_pictures(const std::vector<Schedule>& schedules, const Flags& flags) {
  std::uint64_t end = flags.lengths.updates;
  for (const Schedule& schedule : schedules) end = std::max(end, schedule.total());
  if (end == 0) end = 100;
  if (!flags.svg.empty()) write_output(flags.svg, schedule_svg(schedules, end));
  if (!flags.html.empty()) write_output(flags.html, schedule_html(schedules, end));
}

int schedule(const Flags& flags) {
  std::vector<Schedule> schedules;
  for (const std::string& text : split_list({"schedule", flags.text}))
    schedules.push_back(resolved(text, flags.lengths));
  write_pictures(schedules, flags);
  if (!flags.json) {
    print(join(schedules, "\n", [&](const Schedule& one) { return table(one, flags); }));
  } else if (schedules.size() == 1) {
    print(json(schedules.front(), flags) + "\n");
  } else {
    const std::string all = json_list(schedules, [&](const Schedule& one) { return json(one, flags); });
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
                    "updates of the run, for totals that are left out and lengths that are shares",
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
