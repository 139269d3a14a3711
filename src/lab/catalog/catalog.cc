#include "thalweg/catalog.h"

#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "base/spec.h"
#include "chain/recipes.h"
#include "data/dataset.h"
#include "losses/loss.h"
#include "losses/term.h"
#include "nn/module.h"
#include "problems/problem.h"
#include "schedule/schedules.h"
#include "thalweg/error.h"
#include "transforms/transform.h"

namespace thalweg {
namespace {

std::string scope_name(Scope scope) {
  constexpr std::string_view kNames[] = {"affine", "element", "gather", "matrix", "landing", "gate"};
  return std::string(kNames[static_cast<std::size_t>(scope)]);
}

std::string state_text(const Transform& transform) {
  std::string out;
  for (const Names& variant : transform.kept.variants) {
    std::string names;
    for (const std::string_view name : variant) names += (names.empty() ? "" : " ") + std::string(name);
    if (!names.empty()) out += (out.empty() ? "" : "; ") + names;
  }
  return out;
}

// One line for each dialect that changes something, in the order of the option's choices.
std::vector<std::string> dialect_lines(const Spec& spec) {
  std::vector<std::string> lines;
  for (const std::string_view dialect : {"torch", "optax", "keras", "paper"}) {
    std::string changes;
    for (const DialectDefault& one : spec.dialects) {
      if (one.dialect != dialect) continue;
      changes += (changes.empty() ? ": " : ", ") + std::string(one.option) + "=" + std::string(one.value);
    }
    if (!changes.empty()) lines.push_back(std::string(dialect) + changes);
  }
  return lines;
}

CatalogEntry entry(std::string_view kind, const Spec& spec, std::string_view expansion = {}) {
  CatalogEntry out{.kind = std::string(kind),
                   .name = std::string(spec.name),
                   .doc = std::string(spec.doc),
                   .source = std::string(spec.source),
                   .expansion = std::string(expansion),
                   .scope = {},
                   .state = {},
                   .dialects = dialect_lines(spec),
                   .options = {}};
  for (const Option& option : spec.options) {
    out.options.push_back({std::string(option.name), std::string(type_name(option.type)),
                           std::string(option.fallback), option.range.min, option.range.max,
                           std::string(option.unit), std::string(option.doc), std::string(option.choices),
                           option.required});
  }
  return out;
}

std::vector<CatalogEntry> collect() {
  std::vector<CatalogEntry> all;
  for (const Transform& transform : transforms()) {
    all.push_back(entry("transforms", transform.spec));
    all.back().scope = scope_name(transform.scope);
    all.back().state = state_text(transform);
  }
  for (const Recipe& recipe : recipes()) all.push_back(entry("recipes", recipe.spec, recipe.chain));
  for (const ScheduleShape& shape : schedule_shapes()) all.push_back(entry("schedules", shape.spec));
  for (const Spec* spec : loss_specs()) all.push_back(entry("losses", *spec));
  for (const Spec* spec : term_specs()) all.push_back(entry("losses", *spec));
  for (const Spec* spec : layer_specs()) all.push_back(entry("layers", *spec));
  for (const Spec* spec : data_specs()) all.push_back(entry("data", *spec));
  for (const Spec* spec : problem_specs()) all.push_back(entry("problems", *spec));
  return all;
}

std::string or_null(const std::string& text) { return text.empty() ? "null" : json_string(text); }

std::string option_json(const CatalogOption& option) {
  JsonObject out;
  out.add("name", option.name)
      .add("type", option.type)
      .raw("default", or_null(option.fallback))
      .add("min", option.min)  // null where there is no bound
      .add("max", option.max)
      .raw("unit", or_null(option.unit))
      .add("doc", option.doc)
      .add("required", option.required);
  if (!option.choices.empty()) out.add("choices", option.choices);
  return out.text();
}

std::string entry_json(const CatalogEntry& entry) {
  JsonArray options;
  for (const CatalogOption& option : entry.options) options.raw(option_json(option));
  JsonObject out;
  out.add("name", entry.name).add("doc", entry.doc).raw("source", or_null(entry.source));
  if (!entry.expansion.empty()) out.add("expansion", entry.expansion);
  if (!entry.scope.empty()) out.add("scope", entry.scope).add("state", entry.state);
  JsonArray dialects;
  for (const std::string& line : entry.dialects) dialects.raw(json_string(line));
  if (!entry.dialects.empty()) out.raw("dialects", dialects.text());
  return out.raw("options", options.text()).text();
}

void check_kind(std::string_view kind) {
  const auto& kinds = catalog_kinds();
  if (kind.empty() || std::find(kinds.begin(), kinds.end(), kind) != kinds.end()) return;
  throw Error(Code::usage, {"list", "unknown kind", "`" + std::string(kind) + "`",
                            "transforms, recipes, schedules, losses, layers, data or problems",
                            did_you_mean(kind, kinds)});
}

std::string bounds_text(const CatalogOption& option) {
  const bool low = std::isfinite(option.min), high = std::isfinite(option.max);
  if (low && high) return print_number(option.min) + " to " + print_number(option.max);
  if (low) return "from " + print_number(option.min);
  return high ? "up to " + print_number(option.max) : "";
}

std::string option_text(const CatalogOption& option) {
  std::string facts = option.choices.empty() ? option.type : option.choices;
  if (const std::string bounds = bounds_text(option); !bounds.empty()) facts += ", " + bounds;
  if (!option.unit.empty()) facts += ", " + option.unit;
  facts += option.required           ? ", required"
           : option.fallback.empty() ? ", no default"
                                     : ", default " + option.fallback;
  return "  " + option.name + "\n      " + option.doc + "\n      " + facts + "\n";
}

std::string entry_text(const CatalogEntry& entry) {
  std::string out = entry.name + " (" + entry.kind + "): " + entry.doc + "\n";
  if (!entry.source.empty()) out += "source: " + entry.source + "\n";
  if (!entry.expansion.empty()) out += "stands for: " + entry.expansion + "\n";
  if (!entry.scope.empty()) out += "scope: " + entry.scope + "\n";
  if (!entry.state.empty()) out += "state: " + entry.state + "\n";
  if (!entry.dialects.empty()) out += "dialects, where an option is not given:\n";
  for (const std::string& line : entry.dialects) out += "  " + line + "\n";
  if (!entry.options.empty()) out += "options:\n";
  for (const CatalogOption& option : entry.options) out += option_text(option);
  return out;
}

}  // namespace

const std::vector<std::string_view>& catalog_kinds() {
  static const std::vector<std::string_view> kinds = {"transforms", "recipes", "schedules", "losses",
                                                      "layers",     "data",    "problems"};
  return kinds;
}

const std::vector<CatalogEntry>& catalog() {
  static const std::vector<CatalogEntry> all = collect();
  return all;
}

std::string catalog_json(std::string_view kind) {
  check_kind(kind);
  JsonObject out;
  for (const std::string_view one : catalog_kinds()) {
    if (!kind.empty() && kind != one) continue;
    JsonArray entries;
    for (const CatalogEntry& entry : catalog()) {
      if (entry.kind == one) entries.raw(entry_json(entry));
    }
    out.raw(one, entries.text());
  }
  return out.text();
}

std::string help_text(std::string_view name) {
  std::string out;
  std::vector<std::string_view> names;
  for (const CatalogEntry& entry : catalog()) {
    names.push_back(entry.name);
    if (entry.name == name) out += (out.empty() ? "" : "\n") + entry_text(entry);
  }
  if (!out.empty()) return out;
  throw Error(Code::usage, {"help", "unknown name", "`" + std::string(name) + "`", "a name of `thalweg list`",
                            did_you_mean(name, names)});
}

}  // namespace thalweg
