// The rules of cases as parts of the engine's chains.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verify/verify.h"

namespace thalweg::oracle {

// The transforms of a chain; a part may be several of them, parted by " | ", or none.
using Parts = std::vector<std::string>;

// What a case says outside `hyper`.
struct Context {
  bool may_be_absent;     // some gradient is absent at some step
  bool constant;          // every update has the same gradient
  std::uint64_t updates;  // that are replayed
};

// Where a decay stands in the chain. The parameter it adds is the one before the step, so that p (1 - lr wd)
// - lr u and p - lr (u + wd p) are one formula; a proximal one divides the new parameter by 1 + lr wd.
enum class Place { none, left_of_rule, left_of_lr, right_of_lr, proximal };

struct Rule {
  std::string_view name;
  std::string_view text = {};  // of the rule but for its decay, with blanks for hyper-parameters
  Parts (*parts)(Fields& hyper, const Context& context) = nullptr;  // where a text will not do
  std::string_view without_effect = {};  // keys of some libraries that change nothing here
  bool decay_needs_mode = false;        // libraries disagree on where its decay stands, so a case must say it
  std::optional<Place> own_decay = {};  // weight_decay_mode `in_algorithm`; Place::none: among the parts
};

// Throws Skip where the engine lacks something.
Parts parts_of(const Rule& rule, Fields& hyper, const Context& context);

// Throws Skip when the engine has no such rule.
const Rule& find_rule(const std::string& name);

}  // namespace thalweg::oracle
