// thalweg help: what a name means.
#include <memory>

#include "thalweg/catalog.h"
#include "tool/command.h"

namespace thalweg::cli {

Action add_help(CLI::App& tool) {
  const auto name = std::make_shared<std::string>();
  CLI::App* command = tool.add_subcommand(
      "help", "Explain a transform, recipe, schedule, loss, layer, data source or problem");
  command->add_option("name", *name, "a name of `thalweg list`")->required();
  return [name] {
    print(help_text(*name));
    return kOk;
  };
}

}  // namespace thalweg::cli
