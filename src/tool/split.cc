// thalweg split: which rows of a data source are trained on, which are held out and which report.
#include <fmt/core.h>

#include "base/json.h"
#include "thalweg/dataset.h"
#include "tool/command.h"

namespace thalweg::tool {
namespace {

struct Flags {
  std::string data;
  std::uint64_t seed = 1;
  PartOptions parts;
  bool json = false;
};

int split(const Flags& flags) {
  const Dataset data = load_dataset(flags.data, flags.seed, {}, flags.parts);
  if (flags.json) {
    JsonObject out;
    out.add("train", data.train.rows);
    if (data.apart) out.add("held_out", data.held_out.rows);
    print(out.add("test", data.test.rows).text() + "\n");
    return kOk;
  }
  std::string text = shown(data.text) + "\n";
  for (const std::string& note : data.notes) text += note + "\n";
  text += fmt::format("train      {} rows\nheld out   {} rows\n", data.train.size(), data.choosing().size());
  print(text + (data.apart ? fmt::format("test       {} rows\n", data.test.size()) : ""));
  return kOk;
}

}  // namespace

Command split_command() {
  static Flags flags;
  return {
      "split",
      "Show which rows of a data source are trained on, held out and kept to report",
      {Argument("data DATA", &flags.data, "data source, such as \"csv(train.csv, target=price)\"",
                {.required = true}),
       Argument("--seed N", &flags.seed, "seed of the split"),
       Argument("--held-out SHARE", &flags.parts.held_out,
                "rows held out to choose by: a share, a number of rows, 0, or 2/5 for a fold"),
       Argument("--test SHARE", &flags.parts.test, "rows that report alone: a share, or a number of rows"),
       Argument("--json", &flags.json, "print the numbers of the rows, from 0, as JSON")},
      [](Given) { return split(flags); }};
}

}  // namespace thalweg::tool
