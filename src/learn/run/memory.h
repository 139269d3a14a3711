// What a run takes in memory, and how it is made to fit.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "thalweg/settings.h"
#include "train/trial.h"

namespace thalweg {

// Data, and what the process held in memory before they were read and after.
struct Loaded {
  std::uint64_t held_before = 0, held_after = 0;
  Dataset data;
};
Loaded load_data(const RunConfig& config, std::string_view encoding = {});

// The memory of a run, in bytes. What the process holds already is measured; what is to come - gradients,
// state, activations - is known from its sizes.
struct MemoryEstimate {
  std::vector<std::pair<const char*, std::uint64_t>> parts;
  std::uint64_t together = 0;  // the most: of the parts together, or of the reading of the data
};

// Of a training that has yet to begin, on the data of `loaded` or what has become of them; makes its tapes.
MemoryEstimate estimate_memory(const Loaded& loaded, const RunConfig& config, const Dataset& data,
                               Trial& trial);

// The configuration with what is auto of `chunk` and `checkpoint` chosen so that the training fits into its
// `memory`: as few parts as will do, which change no bit, then smaller chunks. As it was where `memory` has
// no bound. `config` is that of fit_to_data(). Throws Error(resource) where nothing fits.
RunConfig fit_to_memory(RunConfig config, const Loaded& loaded);

}  // namespace thalweg
