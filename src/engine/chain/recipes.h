// Recipes: names for chains.
#pragma once

#include <span>
#include <string_view>

#include "base/options.h"
#include "base/spec.h"

namespace thalweg {

// `chain` is the expansion. A word $x stands for the recipe's option x; an argument whose option is not given
// is left out; a transform whose name ends in ? is left out when its first option is. A transform with $*
// hands all its options on to the recipe; a value beside $* is the recipe's default of that option.
struct Recipe {
  Spec spec;
  std::string_view chain;
};

std::span<const Recipe> recipes();

// What every rule takes besides the options of its Spec, as transforms beside it.
inline constexpr Option kRuleSugar[] = {
    scalar_option("lr", "", kNotNegative, "the learning rate: `| lr(...)` behind the rule"),
    scalar_option("decay", "", kNotNegative, "L2 regularisation: `decay(...) |` before the rule")};

// Replaces recipes by their chains and `lr=`, `decay=` on a rule by transforms beside it. The result names
// transforms only. Throws Error(usage) with a caret.
Text expand(const Text& text, const Source& source);

// Throws Error(usage) when `item` is neither a transform nor a recipe.
void check_chain_name(const Item& item, const Source& source, const std::string& also);

}  // namespace thalweg
