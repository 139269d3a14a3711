// Which tensor of a file goes where.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/slots.h"
#include "safetensors/header.h"
#include "thalweg/checkpoint.h"

namespace thalweg {

struct Match {
  std::vector<const TensorPlace*> from;  // for each slot; null: it starts anew, or stays as it is
  std::vector<LoadReport::Kept> kept;
  std::vector<std::string> fresh, dropped;
  bool state_anew = false;  // of some slot other than a parameter
};

struct Wanted {
  bool training = true;  // else parameters alone: a file may have what it likes beside them
  // What a tensor of the file is called here; empty: as `remap` says.
  std::function<std::string(std::string_view name)> ours = {};
};

// By name, type and shape, as far as `options` go. Throws OtherCheckpoint with every difference that they do
// not allow, and Error(usage) for renames that cannot be.
Match match_tensors(const std::string& file, const std::vector<Slot>& slots, const TensorPlaces& tensors,
                    const LoadOptions& options, Wanted wanted = {});

}  // namespace thalweg
