// Trainings at different rates, as people and programs see them.
#pragma once

#include <string>
#include <vector>

#include "draw/chart.h"
#include "thalweg/lab/find.h"

namespace thalweg {

std::string trial_text(const RateTrial& trial);  // one line of a table
std::string trial_json(const RateTrial& trial);  // one object

// Loss over the rate; `id` is unique in its page.
page::Chart trials_chart(std::string id, std::string title, const std::vector<RateTrial>& trials);

}  // namespace thalweg
