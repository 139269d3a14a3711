// Sections of the page of a run, each empty where the run recorded nothing for it.
#pragma once

#include <string>

#include "page/run_data.h"

namespace thalweg::page {

// Loss, score, rate and gradient norm, from 0 to `updates`.
std::string curves_section(const RunData& data, double updates);
std::string layers_section(const RunData& data);   // update ratios, histograms of weights and updates
std::string time_section(const RunData& data);     // of the phases of a step
std::string classes_section(const RunData& data);  // metrics of each class
// What the result, the classes and the examples are of: "test" or "held-out" samples.
inline std::string part_of(const RunData& data) { return data.reported.by_test_part ? "test" : "held-out"; }
std::string examples_section(const RunData& data);     // confusion matrix, the worst of these samples
std::string environment_section(const RunData& data);  // what the run ran on

// What a metric is called, and which way it is better.
std::string metric_label(const std::string& name);
bool is_higher_better(const std::string& name);

}  // namespace thalweg::page
