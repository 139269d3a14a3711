// What a run does where its configuration says "auto".
#pragma once

#include "run/outline.h"
#include "thalweg/dataset.h"
#include "thalweg/settings.h"

namespace thalweg {

// The configuration with nothing left to choose.
RunConfig fit_to_data(RunConfig config, const Dataset& data);

// The configuration with what is auto of `chunk` and `checkpoint` chosen so that the training fits into its
// `memory`: as few parts as will do, which change no bit, then smaller chunks. As it was where `memory` has
// no bound. `config` is that of fit_to_data(). Throws Error(resource) where nothing fits.
RunConfig fit_to_memory(RunConfig config, const Loaded& loaded);

}  // namespace thalweg
