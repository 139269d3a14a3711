// The catalogue of all storeys: what each of them lists, one after another.
#include "augment/augmentation.h"
#include "catalog/entry.h"
#include "data/dataset.h"
#include "losses/loss.h"
#include "losses/term.h"
#include "nn/module.h"
#include "problems/problem.h"

namespace thalweg {

const std::vector<CatalogEntry>& catalog() {
  static const std::vector<CatalogEntry> all = [] {
    std::vector<CatalogEntry> entries = engine_catalog();
    const auto add = [&](std::string_view kind, std::span<const Spec* const> specs) {
      for (const Spec* spec : specs) entries.push_back(catalog_entry(kind, *spec));
    };
    add("losses", loss_specs());
    add("losses", term_specs());
    add("layers", layer_specs());
    add("data", data_specs());
    add("augmentations", augmentation_specs());
    add("problems", problem_specs());
    return entries;
  }();
  return all;
}

}  // namespace thalweg
