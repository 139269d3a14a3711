// thalweg help: what a name means.
#include "thalweg/catalog.h"
#include "tool/command.h"
#include "tool/usage.h"

namespace thalweg::tool {

Command help_command() {
  static std::optional<std::string> name;
  return {"help",
          "Explain a command, transform, recipe, schedule, loss, layer, data source or problem",
          {Argument("name NAME", &name,
                    "a command, or a name that `thalweg list` shows; without one, an overview")},
          [](Given) {
            const Command* command = name ? find_command(*name) : nullptr;
            print(name && command == nullptr ? help_text(*name) : usage(command));
            return kOk;
          }};
}

}  // namespace thalweg::tool
