// What stands in a checkpoint.
#pragma once

#include "safetensors/safetensors.h"
#include "thalweg/checkpoint.h"

namespace thalweg {

// The tensors are where they are trained.
struct Contents {
  StoredTensors tensors;
  Metadata metadata;
};

Contents contents_of(Params& params, Optimizer& optimizer, Metadata metadata);
Contents contents_of(Params& params, std::uint64_t updates, Metadata metadata);

}  // namespace thalweg
