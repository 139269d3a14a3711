// thalweg help: what a name means.
#include "thalweg/catalog.h"
#include "tool/command.h"
#include "tool/usage.h"

namespace thalweg::tool {

Command help_command() {
  static std::optional<std::string> name;
  return {"help",
          "Explain a transform, recipe, schedule, loss, layer, data source or problem",
          {Argument("name NAME", &name, "a name that `thalweg list` shows; without one, an overview")},
          [](Given) {
            print(name ? help_text(*name) : usage(nullptr));
            return kOk;
          }};
}

}  // namespace thalweg::tool
