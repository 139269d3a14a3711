// Everything that can be named in a text, as data: for lists, help and documentation.
#pragma once

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
};

struct CatalogEntry {
  std::string kind;  // of catalog_kinds()
  std::string name;
  std::string doc;
  std::string source;     // the paper
  std::string expansion;  // recipes: the chain, $x standing for option x
  std::string scope;      // transforms: affine, element, gather, landing or gate
  std::string state;      // transforms: names of the state streams; forms that differ apart: "m v; m v vmax"
  std::vector<std::string> dialects;  // "keras: eps=1e-7, eps_place=raw"
  std::vector<CatalogOption> options;
};

// transforms, recipes, schedules, losses, layers, data, problems.
const std::vector<std::string_view>& catalog_kinds();

// All entries, kind by kind. A name may stand in several kinds.
const std::vector<CatalogEntry>& catalog();

// {"transforms": [{"name", "doc", "source", "options": [...]}], ...}, of one kind or, when it is empty, of
// all. Throws Error(usage) for an unknown kind.
std::string catalog_json(std::string_view kind = {});

// A page of text about every entry of that name. Throws Error(usage) with the nearest name when there is
// none.
std::string help_text(std::string_view name);

}  // namespace thalweg
