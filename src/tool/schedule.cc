// thalweg schedule: the values of a schedule.
#include <algorithm>
#include <memory>

#include <fmt/core.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "thalweg/error.h"
#include "thalweg/lab/schedule_plot.h"
#include "thalweg/schedule.h"
#include "tool/command.h"

namespace thalweg::cli {
namespace {

struct Flags {
  std::string text;
  std::vector<std::string> points;
  std::string total = "0";
  std::string per_epoch = "0";
  std::string svg;
  std::string html;
  bool json = false;
};

std::vector<std::uint64_t> points_of(const Flags& flags, const Schedule& schedule) {
  std::vector<std::uint64_t> points;
  for (const std::string& point : flags.points) points.push_back(whole_number("--points", point, 0));
  if (!points.empty()) return points;
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
              {"schedule", "a length has no number of updates yet", "`" + open + "` of `" + text + "`",
               "updates, such as 500", "give --total N, and --per-epoch N for epochs"});
}

std::string table(const Schedule& schedule, const Flags& flags) {
  std::string out = schedule.text() + "\n";
  for (const std::uint64_t k : points_of(flags, schedule))
    out += fmt::format("{:>10}  {:.9g}\n", k, schedule(k));
  return out;
}

std::string json(const Schedule& schedule, const Flags& flags) {
  JsonArray rows;
  for (const std::uint64_t k : points_of(flags, schedule))
    rows.raw("[" + std::to_string(k) + ", " + json_number(schedule(k)) + "]");
  return JsonObject().add("schedule", schedule.text()).raw("points", rows.text()).text();
}

void write_pictures(const std::vector<Schedule>& schedules, const Lengths& lengths, const Flags& flags) {
  std::uint64_t end = lengths.updates;
  for (const Schedule& schedule : schedules) end = std::max(end, schedule.total());
  if (end == 0) end = 100;
  if (!flags.svg.empty()) replace_file(flags.svg, schedule_svg(schedules, end));
  if (!flags.html.empty()) replace_file(flags.html, schedule_html(schedules, end));
}

int schedule(const Flags& flags) {
  const Lengths lengths{.updates = whole_number("--total", flags.total, 0),
                        .per_epoch = whole_number("--per-epoch", flags.per_epoch, 0)};
  std::vector<Schedule> schedules;
  for (const std::string& text : split_list({"schedule", flags.text}))
    schedules.push_back(resolved(text, lengths));
  write_pictures(schedules, lengths, flags);
  JsonArray objects;
  std::string tables;
  for (const Schedule& one : schedules) {
    objects.raw(json(one, flags));
    tables += (tables.empty() ? "" : "\n") + table(one, flags);
  }
  if (!flags.json) {
    print(tables);
  } else if (schedules.size() == 1) {
    print(json(schedules.front(), flags) + "\n");
  } else {
    print(JsonObject().add("schema", 1).raw("schedules", objects.text()).text() + "\n");
  }
  return kOk;
}

}  // namespace

Action add_schedule(CLI::App& tool) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = tool.add_subcommand("schedule", "Print the values of schedules, or draw them");
  command
      ->add_option("schedule", flags->text,
                   "the schedule, such as \"cosine(1e-3, total=1000)\"; several are parted by semicolons")
      ->required();
  command->add_option("--points", flags->points, "updates done: 0,99,100")->delimiter(',');
  command->add_option("--total", flags->total, "updates of the run, for what is left out or a share");
  command->add_option("--per-epoch", flags->per_epoch, "updates an epoch, for lengths in epochs");
  command->add_option("--svg", flags->svg, "file for a picture of them over each other");
  command->add_option("--html", flags->html, "file for a page with the picture and a table of boundaries");
  command->add_flag("--json", flags->json,
                    "print as JSON, 17 digits: schedule and points, or a list of these as schedules");
  return [flags] { return schedule(*flags); };
}

}  // namespace thalweg::cli
