// Everything that can be named in a text, as data: for lists, help and documentation.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace thalweg {

struct CatalogOption {
  std::string name;
  std::string
      type;  // "number", "number|schedule", "integer", "length", "number|share", "flag", "choice", ...
  std::string fallback;  // the default as text; empty: none
  double min = 0;        // bounds of numbers, infinite where there is none
  double max = 0;
  std::string unit;
  std::string doc;
  std::string choices;  // of a choice: "torch|optax"
  bool required = false;
  std::string elsewhere = {};  // what other libraries call it: "learning_rate, step_size"
};

// How an entry differs from a neighbour of the same field.
struct CatalogDifference {
  std::string from;  // the neighbour's name
  std::string how;   // one line, of the entry that has it
};

struct CatalogEntry {
  std::string kind;  // of catalog_kinds()
  std::string name;
  std::string doc;
  std::string source;     // the paper
  std::string formula;    // lines of at most 90 characters, the letters explained; empty where there is none
  std::string expansion;  // recipes: the chain, $x stands for option x
  std::string scope;      // transforms: affine, element, gather, landing or gate
  std::string state;      // transforms: names of the state streams; forms that differ apart: "m v; m v vmax"
  std::vector<std::string> dialects;  // "keras: eps=1e-7, eps_place=raw"
  std::vector<CatalogOption> options;
  std::string elsewhere = {};  // what other libraries call it: "CosineAnnealingLR, cosine_decay"
  std::string letters = {};    // of the formula, where it does not explain them itself
  std::string example = {};    // a command that uses it; of `catalog` alone, like the differences
  std::vector<CatalogDifference> differences = {};
};

// Everything that can be named, kind by kind; a name may occur in several kinds. `catalog` needs the library
// thalweg_lab and has transforms, recipes, schedules, losses, layers, data, augmentations and problems; the
// engine alone has the first three. What the program has registered by then stands last of its kind; the
// entries of an earlier call stay as they are. All functions may be called by any thread.
const std::vector<CatalogEntry>& catalog();
const std::vector<CatalogEntry>& engine_catalog();

// The kinds of these entries, in their order; the words live as long as the entries.
std::vector<std::string_view> catalog_kinds(std::span<const CatalogEntry> entries = catalog());

// {"transforms": [{"name", "doc", "source", "formula", "options": [...]}], ...}, of one kind or, when it is
// empty, of all. Throws Error(usage) for an unknown kind.
std::string catalog_json(std::string_view kind = {}, std::span<const CatalogEntry> entries = catalog());

// A page of text about every entry with that name. Throws Error(usage) with the nearest name when there is
// none.
std::string help_text(std::string_view name, std::span<const CatalogEntry> entries = catalog());

}  // namespace thalweg
