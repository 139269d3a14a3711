#include "catalog/explained.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "base/text.h"

namespace thalweg {
namespace {

#define THALWEG_EXAMPLE(kind, name, command) {kind, name, command},
constexpr Example kExamples[] = {
#include "catalog/examples.inc"
};
#undef THALWEG_EXAMPLE

#define THALWEG_DIFFERS(name, from, how) {name, from, how},
constexpr Difference kDifferences[] = {
#include "catalog/differences.inc"
};
#undef THALWEG_DIFFERS

// Letters that every formula of a chain may use.
constexpr struct {
  std::string_view letter, means;
} kLetters[] = {{"g", "the gradient as it arrives"},
                {"u", "the update that is passed on; at the end p <- p - u"},
                {"p", "the parameter"},
                {"t", "the number of the parameter's update, from 1"},
                {"k", "updates done"}};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// Whether the letter stands in the formula as a word of its own: u, p^2, g_i, but not "up".
bool uses(std::string_view formula, std::string_view letter) {
  for (std::size_t at = formula.find(letter); at != std::string_view::npos;
       at = formula.find(letter, at + 1)) {
    const char before = at == 0 ? ' ' : formula[at - 1],
               after = at + 1 < formula.size() ? formula[at + 1] : ' ';
    if (!is_letter(before) && (!is_letter(after) || after == '_')) return true;
  }
  return false;
}

std::string letters_of(std::string_view formula) {
  std::string out;
  for (const auto& [letter, means] : kLetters) {
    if (uses(formula, letter))
      out += (out.empty() ? "" : "\n") + std::string(letter) + "  " + std::string(means);
  }
  return out;
}

// Without a line of its own a transform that takes no rate has none: what it needs is not known.
std::string example_of(const CatalogEntry& entry, std::span<const Example> examples) {
  const bool takes_rate =
      entry.kind != "transforms" ||
      std::ranges::any_of(entry.options, [](const CatalogOption& one) { return one.name == "lr"; });
  std::string_view found;
  for (const Example& one : examples) {
    const bool fits = one.kind == entry.kind && (one.name.empty() ? takes_rate : one.name == entry.name);
    if (fits && (found.empty() || !one.name.empty())) found = one.command;
  }
  std::string out(found);
  constexpr std::string_view kSlot = "{name}";
  if (const std::size_t at = out.find(kSlot); at != std::string::npos)
    out.replace(at, kSlot.size(), entry.name);
  return out;
}

// The formulas of what a recipe stands for, each under its name.
std::string formula_of(const CatalogEntry& recipe, const std::vector<CatalogEntry>& entries) {
  std::string out;
  for (const Item& item : parse({"recipe", recipe.expansion})) {
    const std::string name = item.name.substr(0, item.name.find('?'));
    const auto part = std::ranges::find_if(
        entries, [&](const CatalogEntry& one) { return one.kind == "transforms" && one.name == name; });
    if (part == entries.end()) continue;
    out += (out.empty() ? "" : "\n") + name + ":\n" + part->formula.substr(0, part->formula.find("\nstate"));
  }
  return out;
}

}  // namespace

void explain(std::vector<CatalogEntry>& entries, std::span<const Example> examples,
             std::span<const Difference> differences) {
  const auto has = [&](std::string_view name) {
    return std::ranges::any_of(entries, [&](const CatalogEntry& one) { return one.name == name; });
  };
  for (CatalogEntry& entry : entries) {
    if (entry.example.empty()) entry.example = example_of(entry, examples);
    if (!entry.differences.empty()) continue;
    for (const Difference& one : differences) {
      if (one.name == entry.name && has(one.from))
        entry.differences.push_back({std::string(one.from), std::string(one.how)});
    }
  }
}

void explain_chains(std::vector<CatalogEntry>& entries) {
  for (CatalogEntry& entry : entries) {
    if (entry.kind == "recipes") entry.formula = formula_of(entry, entries);
    if (entry.kind != "schedules") entry.letters = letters_of(entry.formula);
  }
  explain(entries, kExamples, kDifferences);
}

}  // namespace thalweg
