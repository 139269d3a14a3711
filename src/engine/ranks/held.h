// Which rank holds what: a contiguous range of blocks each, as even as the state is.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "device/partition.h"
#include "plan/plan.h"
#include "thalweg/params.h"

namespace thalweg {

class Held {
 public:
  // A parameter is whole on one rank where a rule needs its rows or its matrix at once.
  Held(const Params& params, const Plan& plan, int ranks);

  // The first block of every rank, and the end of the last one.
  std::span<const std::size_t> first_blocks() const { return first_; }
  Portion portion(int rank) const;
  int owner(std::size_t parameter) const;  // that holds its first block

 private:
  const Params& params_;
  std::vector<std::size_t> first_;
};

}  // namespace thalweg
