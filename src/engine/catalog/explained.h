// What a catalogue says beyond the Specs: an example of each name, and what tells neighbours apart.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "thalweg/catalog.h"

namespace thalweg {

struct Example {
  std::string_view kind, name, command;  // without a name: of all others of that kind
};

struct Difference {
  std::string_view name, from, how;
};

// Adds these examples and differences to what has none.
void explain(std::vector<CatalogEntry>& entries, std::span<const Example> examples,
             std::span<const Difference> differences);

// Adds those of the engine, the letters of formulas, and to recipes the formulas of what they stand for.
void explain_chains(std::vector<CatalogEntry>& entries);

}  // namespace thalweg
