// What of a run is chosen by the memory that it may take.
#pragma once

#include "run/outline.h"
#include "thalweg/settings.h"

namespace thalweg {

// The configuration with what is auto of `chunk` and `checkpoint` chosen so that the training fits into its
// `memory`: as few parts as will do, which change no bit, then smaller chunks. As it was where `memory` has
// no bound. `config` is that of fit_to_data(). Throws Error(resource) where nothing fits.
RunConfig fit_to_memory(RunConfig config, const Loaded& loaded);

}  // namespace thalweg
