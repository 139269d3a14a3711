// What to try when a training has diverged.
#pragma once

namespace thalweg {

inline constexpr const char* kDivergedHint = "try a smaller learning rate, a warm-up or clip_norm(1)";

}  // namespace thalweg
