// What a catalogue says beyond the Specs: an example of each name, and what tells neighbours apart.
#pragma once

#include <vector>

#include "thalweg/catalog.h"

namespace thalweg {

// Adds examples, differences, the letters of formulas, and to recipes the formulas of what they stand for.
void explain(std::vector<CatalogEntry>& entries);

}  // namespace thalweg
