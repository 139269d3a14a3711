// What a run would do, for people to read before it does.
#pragma once

#include <string>

#include "thalweg/settings.h"
#include "train/trial.h"

namespace thalweg {

// Of a training by `config`, in which nothing is auto; `plan` is its explained chain.
std::string outline(const RunConfig& config, const Dataset& data, Trial& trial, const std::string& plan);

}  // namespace thalweg
