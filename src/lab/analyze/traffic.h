// What a step moves, as passes over memory.
#pragma once

#include <vector>

#include "device/limit.h"
#include "thalweg/lab/analyze.h"

namespace thalweg {

struct Traffic {
  std::vector<PhaseCost> phases;  // in the order in which they run
  std::vector<Pass> passes;       // of each
};

// The plan's own account of its traffic, phase after phase of all groups.
Traffic traffic_of(const Explanation& plan);

}  // namespace thalweg
