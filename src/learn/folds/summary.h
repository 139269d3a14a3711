// What the runs of all folds say together.
#pragma once

#include <filesystem>
#include <string>

#include "thalweg/folds.h"

namespace thalweg {

// Fills the metrics from the runs.
void summarise(FoldsResult& result);

// {"schema": 1, "run": directory, "folds": n, "runs": [names of their directories], "data", "model", "loss",
//  "optimizer", "seconds", "metrics": {name: {"mean", "deviation", "folds": [...]}},
//  "classes": {name of a class: {name: the same of that class}}, or null, "test_metrics": the same of the
//  test part, or null}
// The texts are those of the first run.
std::string folds_json(const FoldsResult& result, const std::filesystem::path& directory);

}  // namespace thalweg
