// thalweg list: what can be named in a text.
#include <fmt/core.h>

#include "base/text.h"
#include "thalweg/catalog.h"
#include "tool/command.h"

namespace thalweg::tool {
namespace {

struct Flags {
  std::string kind;
  bool json = false;
};

int list(const Flags& flags) {
  const std::string json = catalog_json(flags.kind);  // also checks the kind
  if (flags.json) {
    print(json + "\n");
    return kOk;
  }
  std::string out;
  std::string kind;
  for (const CatalogEntry& entry : catalog()) {
    if (!flags.kind.empty() && entry.kind != flags.kind) continue;
    if (entry.kind != kind) out += (kind.empty() ? "" : "\n") + entry.kind + "\n";
    kind = entry.kind;
    out += fmt::format("  {:<15} {}\n", entry.name, entry.doc);
  }
  print(out);
  return kOk;
}

}  // namespace

Command list_command() {
  static Flags flags;
  const std::string kinds = join(catalog_kinds(), "|");
  return {"list",
          "List what texts may name: " + spoken(kinds),
          {Argument("kind KIND", &flags.kind, "one of these kinds", {.choices = kinds}),
           json_argument(flags.json)},
          [](Given) { return list(flags); }};
}

}  // namespace thalweg::tool
