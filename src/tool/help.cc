// thalweg help: what a name means.
#include <memory>

#include "thalweg/catalog.h"
#include "tool/command.h"

namespace thalweg::tool {

Command help_command() {
  const auto name = std::make_shared<std::string>();
  return {"help",
          "Explain a transform, recipe, schedule, loss, layer, data source or problem",
          {Argument("name NAME", name.get(), "a name that `thalweg list` shows", {.required = true})},
          [name](Given) {
            print(help_text(*name));
            return kOk;
          }};
}

}  // namespace thalweg::tool
