// thalweg schedule: the values of a schedule.
#include <memory>

#include <fmt/core.h>

#include "base/json.h"
#include "cli/command.h"
#include "thalweg/error.h"
#include "thalweg/schedule.h"

namespace thalweg::cli {
namespace {

struct Flags {
  std::string text;
  std::vector<std::string> points;
  std::string total = "0";
  std::string per_epoch = "0";
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

int schedule(const Flags& flags) {
  const Lengths lengths{.updates = whole_number("--total", flags.total, 0),
                        .per_epoch = whole_number("--per-epoch", flags.per_epoch, 0)};
  const Schedule schedule = Schedule(flags.text).resolve(lengths);
  if (const std::string open = schedule.unresolved(); !open.empty()) {
    throw Error(Code::usage, {"schedule", "a length has no number of updates yet",
                              "`" + open + "` of `" + flags.text + "`", "updates, such as 500",
                              "give --total N, and --per-epoch N for epochs"});
  }
  JsonArray rows;
  std::string table;
  for (const std::uint64_t k : points_of(flags, schedule)) {
    rows.raw("[" + std::to_string(k) + ", " + json_number(schedule(k)) + "]");
    table += fmt::format("{:>10}  {:.9g}\n", k, schedule(k));
  }
  if (flags.json) {
    print(JsonObject().add("schedule", schedule.text()).raw("points", rows.text()).text() + "\n");
  } else {
    print(schedule.text() + "\n" + table);
  }
  return kOk;
}

}  // namespace

Action add_schedule(CLI::App& tool) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = tool.add_subcommand("schedule", "Print the values of a schedule");
  command->add_option("schedule", flags->text, "the schedule, such as \"cosine(1e-3, total=1000)\"")
      ->required();
  command->add_option("--points", flags->points, "updates done: 0,99,100")->delimiter(',');
  command->add_option("--total", flags->total, "updates of the run, for what is left out or a share");
  command->add_option("--per-epoch", flags->per_epoch, "updates an epoch, for lengths in epochs");
  command->add_flag("--json", flags->json, "print as JSON, 17 digits");
  return [flags] { return schedule(*flags); };
}

}  // namespace thalweg::cli
