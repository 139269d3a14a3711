// What there is to call in other libraries.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "translate/expression.h"

namespace thalweg::python {

// One line of calls.inc.
struct Call {
  std::string_view library, name, arguments, chain, momentum;

  bool is_scheduler() const;  // of torch: it moves the rate of an optimizer
  bool scales() const;        // such a one that multiplies the rate by factors of the epoch alone
};

struct Argument {
  std::string name;
  std::optional<Expression> fallback;  // nothing: it must be given
  bool has_no_effect = false;
};

// Arguments and chain with what all optimizers of Keras have in place of its marks.
std::vector<Argument> arguments_of(const Call& call);
std::string chain_of(const Call& call);

// The one that `function` of the program names and that has all those arguments. Throws Error(usage) with the
// nearest name where there is none.
const Call& find_call(const Expression& function, std::span<const std::string> names, const Source& source);

}  // namespace thalweg::python
