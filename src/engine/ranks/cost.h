// What an update on ranks takes of the network and of memory: for predictions, and for estimates.
#pragma once

#include <cstddef>
#include <cstdint>

#include "plan/plan.h"
#include "thalweg/params.h"

namespace thalweg {

// Messages that every rank sends every other one in an update, beside gradients and values, and one for each
// norm over all parameters: of a few bytes, one after the other.
inline constexpr int kSmallMessages = 2;

// In bytes, each of the rank that it is most of.
struct RankCost {
  double share = 1;         // of what all ranks move
  std::uint64_t state = 0;  // that it keeps
  std::uint64_t gradients_out = 0, gradients_in = 0;
  std::uint64_t values_out = 0, values_in = 0;
  std::uint64_t summed = 0;   // read and written to add up what has come
  std::uint64_t waiting = 0;  // gradients of parts of the batch, beside that of the last one
  std::uint64_t rooms = 0;    // messages that have come and are not added up yet
};

RankCost rank_cost(const Params& params, const Plan& plan, int ranks, std::size_t shards);

}  // namespace thalweg
