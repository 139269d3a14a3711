// What a training tells of numbers that are not finite.
#pragma once

#include <cstdint>
#include <string>

#include "thalweg/params.h"
#include "thalweg/report.h"
#include "thalweg/trainer.h"

namespace thalweg {

inline constexpr const char* kDivergedHint = "try a smaller learning rate, a warm-up or clip_norm(1)";

// The updates that met, or made, what is not finite.
struct NotFinite {
  void add(const Report& report, std::uint64_t update);
  std::string note(const std::string& policy) const;

  std::uint64_t count = 0;
  std::string first;
};

// Throw Error(diverged): no checkpoint may hold what cannot be trained on.
void check_finite(Params& params, std::uint64_t updates);
void check_finite(const Evaluation& evaluation, std::uint64_t updates);

}  // namespace thalweg
