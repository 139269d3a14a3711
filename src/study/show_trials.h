// Trainings at different rates, as people and programs see them.
#pragma once

#include <string>
#include <vector>

#include "page/sweep.h"
#include "thalweg/find.h"

namespace thalweg {

std::string trial_text(const RateTrial& trial);                        // one line of a table
std::string trial_json(const RateTrial& trial);                        // one object
page::SweepSeries trial_series(const std::vector<RateTrial>& trials);  // loss over the rate

}  // namespace thalweg
