// result.json: what a run came to.
#pragma once

#include <filesystem>
#include <string>

#include "base/json.h"
#include "thalweg/run.h"

namespace thalweg {

// {"loss": 0.1, "accuracy": 0.97, "balanced_accuracy": 0.96, "baseline": 0.1}; for values the accuracy is
// null and "r2", "mae" and "rmse" are there. With `whole` it is what add_evaluation() has.
std::string evaluation_json(const Evaluation& evaluation, bool whole = false);

// Adds where the run is, `run`, and what it is called, `name`.
JsonObject& add_run(JsonObject& object, const std::filesystem::path& directory, const std::string& name);

// Adds what `result` holds: stopped, best, weights, seconds, samples_per_second, train, test.
JsonObject& add_result(JsonObject& object, const RunResult& result);

// Reads it back from the text of that file. Throws Error(data) naming it when it is not a result.
RunResult read_result(const std::string& text, const std::filesystem::path& path);

}  // namespace thalweg
