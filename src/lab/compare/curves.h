// The progress of compared optimizers over the epochs.
#pragma once

#include <string>
#include <vector>

#include "thalweg/lab/compare.h"

namespace thalweg {

// What optimizers are called in pictures: their texts, of long ones what tells them apart.
std::vector<std::string> names_in_pictures(const ComparisonResult& result);

// Figures of what the optimizers are judged by and of the loss, each close to the better half of them, or
// whole.
std::string progress_figures(const ComparisonResult& result);

}  // namespace thalweg
