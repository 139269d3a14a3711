// What state of one rule means to another.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "checkpoint/slots.h"
#include "safetensors/header.h"

namespace thalweg {

// Finds for each slot of state that has no tensor of its own name the one of the same parameter that means
// the same, has its type and shape, and is the only one that does. `entries` are the file's tensors by their
// names here.
void find_counterparts(const std::vector<Slot>& slots,
                       const std::map<std::string, const TensorPlaces::value_type*, std::less<>>& entries,
                       std::vector<const TensorPlaces::value_type*>& found,
                       std::set<const TensorPlaces::value_type*>& used);

// Whether what the slot holds can begin with its initial value beside state that has seen many updates.
bool may_start_late(const Slot& slot);

}  // namespace thalweg
