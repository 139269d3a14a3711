// thalweg help: what a name means.
#include "thalweg/catalog.h"
#include "tool/command.h"

namespace thalweg::tool {

Command help_command() {
  static std::string name;
  return {"help",
          "Explain a transform, recipe, schedule, loss, layer, data source or problem",
          {Argument("name NAME", &name, "a name that `thalweg list` shows", {.required = true})},
          [](Given) {
            print(help_text(name));
            return kOk;
          }};
}

}  // namespace thalweg::tool
