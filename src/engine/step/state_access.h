// For those who read or write the state of an optimizer as a whole, of which ranks have parts.
#pragma once

#include "thalweg/optimizer.h"

namespace thalweg {

struct StateAccess {
  // Whether the memory of Optimizer::state() has everything, and whether it may come to have a part alone.
  static bool is_whole(Optimizer& optimizer);
  static bool has_other_holders(Optimizer& optimizer);
  // Throws Error(usage) where it has not.
  static void check_whole(Optimizer& optimizer);
  // All of it was written; what other ranks hold is given back by the next step.
  static void loaded(Optimizer& optimizer);
};

}  // namespace thalweg
