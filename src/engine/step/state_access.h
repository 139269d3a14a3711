// For those who read or write the state of an optimizer as a whole, of which ranks have parts.
#pragma once

#include "thalweg/optimizer.h"

namespace thalweg {

class HeldState;

struct StateAccess {
  // Whether other processes hold a part.
  static bool has_other_holders(Optimizer& optimizer);
  // Throws Error(usage) where the memory of Optimizer::state() has not everything.
  static void check_whole(Optimizer& optimizer);
  // All of it was written; what other ranks hold is given back by the next step.
  static void loaded(Optimizer& optimizer);
  static HeldState& held(Optimizer& optimizer);
};

}  // namespace thalweg
