// Gradients that are not finite: how many, and which one is the first.
#pragma once

#include <cstdint>
#include <limits>
#include <tuple>
#include <vector>

#include "thalweg/params.h"

namespace thalweg {

struct Found {
  std::uint64_t count = 0;
  std::size_t parameter = std::numeric_limits<std::size_t>::max();
  std::uint64_t index = 0;

  // The sum of both, with the first of both: the same in any order.
  void add(const Found& other) {
    if (std::tie(other.parameter, other.index) < std::tie(parameter, index)) {
      parameter = other.parameter;
      index = other.index;
    }
    count += other.count;
  }
};

// One count a thread; the sum does not depend on who looked at what.
class Inspector {
 public:
  explicit Inspector(int members) : found_(static_cast<std::size_t>(members)) {}

  void clear() {
    for (Slot& slot : found_) slot.found = {};
  }
  // Counts in elements [begin, end) of the gradient of a parameter; with `zero` they are set to 0.
  void look(int member, Dtype dtype, void* grad, std::size_t number, std::size_t begin, std::size_t end,
            bool zero = false);
  Found found() const {
    Found sum;
    for (const Slot& slot : found_) sum.add(slot.found);
    return sum;
  }

 private:
  struct alignas(64) Slot {
    Found found;
  };
  std::vector<Slot> found_;
};

}  // namespace thalweg
