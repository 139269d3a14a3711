// Which rank holds what: a contiguous range of blocks each, as even as the state is.
#pragma once

#include <vector>

#include "device/partition.h"
#include "plan/plan.h"
#include "thalweg/params.h"

namespace thalweg {

// The first block of every rank, and the end of the last one. A parameter is whole on one rank where a rule
// needs its rows or its matrix at once.
std::vector<std::size_t> held_blocks(const Params& params, const Plan& plan, int ranks);

}  // namespace thalweg
