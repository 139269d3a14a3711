// A table of loops for every SIMD target.
#pragma once

#include <hwy/highway.h>

#include <cstdint>
#include <vector>

namespace thalweg {

// What the functions of a dispatch table return on the targets that this machine has, the best one first.
// `compiled`: HWY_TARGETS where the table was made.
template <class Function>
auto of_every_target(const Function* functions, std::int64_t compiled) {
  std::vector<decltype((*functions)())> found;
  const std::int64_t supported = hwy::SupportedTargets();
  for (int bit = 0; bit < 63; ++bit) {  // a better target has a lower bit
    const std::int64_t target = std::int64_t{1} << bit;
    if ((supported & target & compiled) == 0) continue;
    hwy::ChosenTarget chosen;
    chosen.Update(target);
    found.push_back(functions[chosen.GetIndex()]());
  }
  return found;
}

}  // namespace thalweg
