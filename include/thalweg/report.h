// What one update did.
#pragma once

#include <cstdint>

namespace thalweg {

struct Report {
  std::uint64_t update = 0;  // updates done, this one included
  double lr = 0;         // rate that this update used: the product of the lr's in the first parameter's chain
  double grad_norm = 0;  // norm of the whole gradient as it came, before clipping; NaN when not measured
  double seconds = 0;    // that the update took

  // Filled by Trainer only.
  std::uint64_t epoch = 0;    // whole epochs done before this update
  std::uint64_t samples = 0;  // whose gradient the update took
  double loss = 0;            // their mean loss plus the terms of the loss, before the update
};

}  // namespace thalweg
