// What a run does where its configuration says "auto".
#pragma once

#include <string>

#include "thalweg/dataset.h"
#include "thalweg/settings.h"
#include "thalweg/trainer.h"

namespace thalweg {

// The configuration with nothing left to choose.
RunConfig fit_to_data(RunConfig config, const Dataset& data);

// The optimizer that such a configuration, in which only the optimizer is auto, would get with that decay.
std::string optimizer_of(double decay, const RunConfig& config, const Dataset& data);

// What such a run gives its trainer; nothing of `config` is auto.
TrainerOptions trainer_options_of(const RunConfig& config);

}  // namespace thalweg
