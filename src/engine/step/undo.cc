#include "step/undo.h"

#include <algorithm>

namespace thalweg {

Undo::Undo(const Plan& plan, const Memory& memory, Values& values, std::span<double> weights, Device& device,
           const Held& held)
    : device_(device),
      numbers_(values.of_chains()),
      weights_(weights),
      kept_numbers_(numbers_.size()),
      kept_weights_(weights.size()) {
  if (!plan.accumulates()) return;
  for (const Group& group : plan.groups) {
    for (const std::size_t p : group.parameters) {
      const Buffer window = held(p, memory.window_buffer(p));
      Buffer kept = window;
      kept.data = arena_.allocate(window.bytes());
      windows_.emplace_back(window, std::move(kept));
    }
  }
}

void Undo::keep() {
  std::ranges::copy(numbers_, kept_numbers_.begin());
  std::ranges::copy(weights_, kept_weights_.begin());
  for (const auto& [window, kept] : windows_) device_.copy(window, kept);
}

void Undo::put_back() {
  std::ranges::copy(kept_numbers_, numbers_.begin());
  std::ranges::copy(kept_weights_, weights_.begin());
  for (const auto& [window, kept] : windows_) device_.copy(kept, window);
}

}  // namespace thalweg
