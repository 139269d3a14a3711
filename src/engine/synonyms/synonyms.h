// What other libraries call the things that texts name: torch, Keras, optax and the habits of their users.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace thalweg::synonyms {

// The same whatever the case of its letters, its underscores and the module before it: "nn.BatchNorm2d".
bool same_name(std::string_view a, std::string_view b);

// One line of the table.
struct Row {
  std::string_view kind;     // "rule", "transform", "schedule", "layer", "loss", "setting"
  std::string_view name;     // here; empty: options of the whole kind
  std::string_view names;    // elsewhere
  std::string_view options;  // "total=T_max,decay_steps floor=eta_min"
};

std::span<const Row> rows();

struct Named {
  std::string_view name;   // here; empty: nobody calls anything so
  std::size_t inputs = 0;  // of so many arguments by position the first is the size of the input; 0: never
  bool rule = false;       // which takes its rate by name
};

// What stands here for a name elsewhere; nothing for a name of here. `where` is the word for the text in
// messages: "optimizer", "schedule", "model", "loss".
Named name_here(std::string_view where, std::string_view elsewhere);
// Whether the table has that name of here.
bool is_here(std::string_view where, std::string_view name);

// What stands here for an option of an item: several for a pair such as `betas`, none where nobody says so.
// With `where` "setting" and no item: of a setting of a run.
std::vector<std::string_view> options_here(std::string_view where, std::string_view item,
                                           std::string_view elsewhere);

// How others call a name or, with an option, that option of it, as "learning_rate, step_size"; empty where
// there is nothing else. `kind` as the catalogue has it: "transforms", "recipes", "layers", ...
std::string elsewhere(std::string_view kind, std::string_view name, std::string_view option = {});

}  // namespace thalweg::synonyms
