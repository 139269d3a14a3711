// What a comparison keeps in its directory: settings.json, and runs.jsonl with a line a finished trial.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "thalweg/lab/compare.h"

namespace thalweg {

// The settings that every trial of a comparison depends on, as one line of JSON.
std::string settings_json(const RunConfig& config, const CompareOptions& options);

// Writes `settings` into a new directory; Error(usage) naming the first that differs where there are others,
// or where there are files that are not a comparison.
void check_settings(const std::filesystem::path& directory, const std::string& settings);

// Whether both are of the same optimizer, stage, rate and seed.
bool same_run(const ComparedTrial& a, const ComparedTrial& b);

// The trials so far. A last line that a crash cut off is removed from the file. Throws Error(data) naming
// file and line for any other that is malformed, and for a run that is there twice.
std::vector<ComparedTrial> read_trials(const std::filesystem::path& directory);

// Where they are kept.
std::filesystem::path trials_path(const std::filesystem::path& directory);

// One object, without a line break, and back: throws std::exception for another text.
std::string trial_json(const ComparedTrial& trial);
ComparedTrial trial_of(const std::string& json);

}  // namespace thalweg
