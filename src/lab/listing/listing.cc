// The catalogue of all storeys: what each of them lists, one after another.
#include "augment/augmentation.h"
#include "catalog/entry.h"
#include "catalog/explained.h"
#include "data/dataset.h"
#include "losses/loss.h"
#include "losses/term.h"
#include "nn/custom_layer.h"
#include "nn/module.h"
#include "problems/problem.h"

namespace thalweg {

namespace {

#define THALWEG_EXAMPLE(kind, name, command) {kind, name, command},
constexpr Example kExamples[] = {
#include "listing/examples.inc"
};
#undef THALWEG_EXAMPLE

#define THALWEG_DIFFERS(name, from, how) {name, from, how},
constexpr Difference kDifferences[] = {
#include "listing/differences.inc"
};
#undef THALWEG_DIFFERS

}  // namespace

const std::vector<CatalogEntry>& catalog() {
  static CatalogStates states;
  const std::vector<CatalogEntry>& engine = engine_catalog();
  const std::vector<const Spec*> layers = custom_layer_specs();
  return states.at(engine.size() + layers.size(), [&] {
    std::vector<CatalogEntry> entries = engine;
    const auto add = [&](std::string_view kind, std::span<const Spec* const> specs) {
      for (const Spec* spec : specs) entries.push_back(catalog_entry(kind, *spec));
    };
    add("losses", loss_specs());
    add("losses", term_specs());
    add("layers", layer_specs());
    add("layers", layers);
    add("data", data_specs());
    add("augmentations", augmentation_specs());
    add("problems", problem_specs());
    explain(entries, kExamples, kDifferences);
    return entries;
  });
}

}  // namespace thalweg
