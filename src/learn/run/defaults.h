// What a run does where its configuration says "auto".
#pragma once

#include "thalweg/dataset.h"
#include "thalweg/settings.h"

namespace thalweg {

// The configuration with nothing left to choose.
RunConfig fit_to_data(RunConfig config, const Dataset& data);

}  // namespace thalweg
