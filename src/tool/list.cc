// thalweg list: what can be named in a text.
#include <memory>

#include <fmt/core.h>

#include "thalweg/catalog.h"
#include "tool/command.h"

namespace thalweg::cli {
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

Action add_list(CLI::App& tool) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* command =
      tool.add_subcommand("list", "List transforms, recipes, schedules, losses, layers, data and problems");
  command->add_option("kind", flags->kind, "one of these kinds");
  command->add_flag("--json", flags->json, "print as JSON");
  return [flags] { return list(*flags); };
}

}  // namespace thalweg::cli
