// thalweg split: which rows of a data source are trained on and which are held out.
#include <fmt/core.h>

#include "base/json.h"
#include "thalweg/dataset.h"
#include "tool/command.h"

namespace thalweg::tool {
namespace {

struct Flags {
  std::string data;
  std::uint64_t seed = 1;
  bool json = false;
};

int split(const Flags& flags) {
  const Dataset data = load_dataset(flags.data, flags.seed);
  if (flags.json) {
    print(JsonObject().add("train", data.train.rows).add("test", data.test.rows).text() + "\n");
    return kOk;
  }
  std::string text = shown(data.text) + "\n";
  for (const std::string& note : data.notes) text += note + "\n";
  print(text + fmt::format("train      {} rows\nheld out   {} rows\n", data.train.size(), data.test.size()));
  return kOk;
}

}  // namespace

Command split_command() {
  static Flags flags;
  return {"split",
          "Show which rows of a data source are trained on and which are held out",
          {Argument("data DATA", &flags.data, "data source, such as \"csv(train.csv, target=price)\"",
                    {.required = true}),
           Argument("--seed N", &flags.seed, "seed of the split"),
           Argument("--json", &flags.json, "print the numbers of the rows, from 0, as JSON")},
          [](Given) { return split(flags); }};
}

}  // namespace thalweg::tool
