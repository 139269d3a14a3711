// thalweg split: which rows of a data source are trained on and which are held out.
#include <memory>

#include <fmt/core.h>

#include "base/json.h"
#include "thalweg/dataset.h"
#include "tool/command.h"

namespace thalweg::cli {
namespace {

struct Flags {
  std::string data;
  std::string seed = "1";
  bool json = false;
};

std::string print_rows(const Samples& samples) {
  JsonArray rows;
  for (const std::uint32_t row : samples.rows) rows.raw(std::to_string(row));
  return rows.text();
}

int split(const Flags& flags) {
  const Dataset data = load_dataset(flags.data, whole_number("--seed", flags.seed, 0));
  if (flags.json) {
    print(JsonObject().raw("train", print_rows(data.train)).raw("test", print_rows(data.test)).text() + "\n");
    return kOk;
  }
  std::string text = data.text + "\n";
  for (const std::string& note : data.notes) text += note + "\n";
  print(text + fmt::format("train      {} rows\nheld out   {} rows\n", data.train.size(), data.test.size()));
  return kOk;
}

}  // namespace

Action add_split(CLI::App& tool) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = tool.add_subcommand("split", "Show which rows are trained on and which are held out");
  command->add_option("data", flags->data, "data source, such as \"csv(train.csv, target=price)\"")
      ->required();
  command->add_option("--seed", flags->seed, "decides which rows are held out")->capture_default_str();
  command->add_flag("--json", flags->json, "print the numbers of the rows, from 0, as JSON");
  return [flags] { return split(*flags); };
}

}  // namespace thalweg::cli
