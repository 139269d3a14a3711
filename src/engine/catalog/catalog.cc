#include <algorithm>
#include <cmath>

#include "base/did_you_mean.h"
#include "base/json.h"
#include "catalog/entry.h"
#include "catalog/explained.h"
#include "chain/custom_transform.h"
#include "chain/recipes.h"
#include "schedule/schedules.h"
#include "synonyms/synonyms.h"
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
    const std::string names = join(variant, " ");
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

// Without the blank lines around it, so that a raw string may begin and end with a line break.
std::string trimmed(std::string_view formula) {
  const std::size_t begin = formula.find_first_not_of('\n');
  if (begin == std::string_view::npos) return {};
  return std::string(formula.substr(begin, formula.find_last_not_of(" \n") + 1 - begin));
}

CatalogOption catalog_option(std::string_view kind, std::string_view name, const Option& option) {
  return {std::string(option.name),
          std::string(type_name(option.type)),
          std::string(option.fallback),
          option.range.min,
          option.range.max,
          std::string(option.unit),
          std::string(option.doc),
          std::string(option.choices),
          option.required,
          synonyms::elsewhere(kind, name, option.name)};
}

std::vector<CatalogEntry> collect() {
  std::vector<CatalogEntry> all;
  const auto add = [&](const Transform& transform) {
    all.push_back(catalog_entry("transforms", transform.spec));
    all.back().scope = scope_name(transform.scope);
    all.back().state = state_text(transform);
    if (transform.part != Part::rule) return;
    for (const Option& sugar : kRuleSugar)  // last: the first ones may be given by position
      all.back().options.push_back(catalog_option("transforms", transform.spec.name, sugar));
  };
  for (const Transform& transform : transforms()) add(transform);
  for (const Transform* transform : custom_transforms()) add(*transform);
  for (const Recipe& recipe : recipes()) {
    all.push_back(catalog_entry("recipes", recipe.spec));
    all.back().expansion = recipe.chain;
  }
  for (const ScheduleShape& shape : schedule_shapes()) all.push_back(catalog_entry("schedules", shape.spec));
  explain_chains(all);
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
  if (!option.elsewhere.empty()) out.add("elsewhere", option.elsewhere);
  return out.text();
}

std::string difference_json(const CatalogDifference& one) {
  return JsonObject().add("from", one.from).add("how", one.how).text();
}

std::string entry_json(const CatalogEntry& entry) {
  JsonObject out;
  out.add("name", entry.name).add("doc", entry.doc);
  out.raw("source", or_null(entry.source)).raw("formula", or_null(entry.formula));
  if (!entry.expansion.empty()) out.add("expansion", entry.expansion);
  if (!entry.scope.empty()) out.add("scope", entry.scope).add("state", entry.state);
  if (!entry.dialects.empty()) out.add("dialects", entry.dialects);
  if (!entry.elsewhere.empty()) out.add("elsewhere", entry.elsewhere);
  if (!entry.letters.empty()) out.add("letters", entry.letters);
  if (!entry.example.empty()) out.add("example", entry.example);
  if (!entry.differences.empty()) out.raw("differences", json_list(entry.differences, difference_json));
  return out.raw("options", json_list(entry.options, option_json)).text();
}

void check_kind(std::string_view kind, const std::vector<std::string_view>& kinds) {
  if (kind.empty() || std::find(kinds.begin(), kinds.end(), kind) != kinds.end()) return;
  Message message = unknown_name("unknown kind", kind, {"one of", "", kinds});
  message.where = "list";
  throw Error(Code::usage, message);
}

std::string bounds_text(const CatalogOption& option) {
  const bool low = std::isfinite(option.min), high = std::isfinite(option.max);
  if (low && high) return print_number(option.min) + " to " + print_number(option.max);
  if (low) return "from " + print_number(option.min);
  return high ? "up to " + print_number(option.max) : "";
}

std::string option_text(const CatalogOption& option) {
  std::string facts = option.choices;
  if (option.type != type_name(OptionType::choice)) facts += (facts.empty() ? "" : "|") + option.type;
  if (const std::string bounds = bounds_text(option); !bounds.empty()) facts += ", " + bounds;
  if (!option.unit.empty()) facts += ", " + option.unit;
  facts += option.required           ? ", required"
           : option.fallback.empty() ? ", no default"
                                     : ", default " + option.fallback;
  if (!option.elsewhere.empty()) facts += "\n      elsewhere: " + option.elsewhere;
  return "  " + option.name + "\n      " + option.doc + "\n      " + facts + "\n";
}

std::string indented(const std::string& lines) {
  std::string out = "  ";
  for (const char c : lines) out += c == '\n' ? std::string("\n  ") : std::string(1, c);
  return out + "\n";
}

std::string entry_text(const CatalogEntry& entry) {
  std::string out = entry.name + " (" + entry.kind + "): " + entry.doc + "\n";
  if (!entry.source.empty()) out += "source: " + entry.source + "\n";
  if (!entry.elsewhere.empty()) out += "elsewhere: " + entry.elsewhere + "\n";
  if (!entry.formula.empty()) out += "formula:\n" + indented(entry.formula);
  if (!entry.letters.empty()) out += "letters:\n" + indented(entry.letters);
  if (!entry.expansion.empty()) out += "stands for: " + entry.expansion + "\n";
  if (!entry.example.empty()) out += "example:\n" + indented(entry.example);
  if (!entry.differences.empty()) out += "beside its neighbours:\n";
  for (const CatalogDifference& one : entry.differences) out += "  " + one.from + ": " + one.how + "\n";
  if (!entry.scope.empty()) out += "scope: " + entry.scope + "\n";
  if (!entry.state.empty()) out += "state: " + entry.state + "\n";
  if (!entry.dialects.empty()) out += "dialects (the defaults that they change):\n";
  for (const std::string& line : entry.dialects) out += "  " + line + "\n";
  if (!entry.options.empty()) out += "options:\n";
  for (const CatalogOption& option : entry.options) out += option_text(option);
  return out;
}

}  // namespace

CatalogEntry catalog_entry(std::string_view kind, const Spec& spec) {
  CatalogEntry out{.kind = std::string(kind),
                   .name = std::string(spec.name),
                   .doc = std::string(spec.doc),
                   .source = std::string(spec.source),
                   .formula = trimmed(spec.formula),
                   .expansion = {},
                   .scope = {},
                   .state = {},
                   .dialects = dialect_lines(spec),
                   .options = {}};
  for (const Option& option : spec.options) out.options.push_back(catalog_option(kind, spec.name, option));
  out.elsewhere = synonyms::elsewhere(kind, spec.name);
  return out;
}

std::vector<std::string_view> catalog_kinds(std::span<const CatalogEntry> entries) {
  std::vector<std::string_view> kinds;
  for (const CatalogEntry& entry : entries) {
    if (kinds.empty() || kinds.back() != entry.kind) kinds.push_back(entry.kind);
  }
  return kinds;
}

const std::vector<CatalogEntry>& engine_catalog() {
  static CatalogStates states;
  return states.at(custom_transforms().size(), collect);
}

std::string catalog_json(std::string_view kind, std::span<const CatalogEntry> entries) {
  const std::vector<std::string_view> kinds = catalog_kinds(entries);
  check_kind(kind, kinds);
  JsonObject out;
  for (const std::string_view one : kinds) {
    if (!kind.empty() && kind != one) continue;
    JsonArray listed;
    for (const CatalogEntry& entry : entries) {
      if (entry.kind == one) listed.raw(entry_json(entry));
    }
    out.raw(one, listed.text());
  }
  return out.text();
}

std::string help_text(std::string_view name, std::span<const CatalogEntry> entries) {
  std::string out;
  KnownNames known{"a name", "`thalweg list`"};
  for (const CatalogEntry& entry : entries) {
    known.names.push_back(entry.name);
    if (entry.name == name) out += (out.empty() ? "" : "\n") + entry_text(entry);
  }
  if (!out.empty()) return out;
  Message message = unknown_name("unknown name", name, known);
  for (const std::string_view where : {"optimizer", "schedule", "model", "loss"}) {
    const std::string_view here = synonyms::name_here(where, name).name;
    if (std::ranges::find(known.names, here) == known.names.end()) continue;
    message.want.clear();
    message.hint = "`" + std::string(name) + "` is called `" + std::string(here) +
                   "` here (see `thalweg help " + std::string(here) + "`)";
    break;
  }
  message.where = "help";
  throw Error(Code::usage, message);
}

}  // namespace thalweg
