// What a comparison keeps in its directory: settings.json, and runs.jsonl with a line a finished run.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "thalweg/lab/compare.h"

namespace thalweg {

// Makes comparisons/<n> with the next free number.
std::filesystem::path make_comparison_directory();

// The settings that every run of a comparison depends on, as one line of JSON.
std::string settings_json(const RunConfig& config, const CompareOptions& options);

// Writes `settings` into a new directory; Error(usage) naming the first that differs where there are others,
// or where there are files that are no comparison.
void check_settings(const std::filesystem::path& directory, const std::string& settings);

// The runs so far. A last line that a crash cut off is removed from the file. Throws Error(data) naming file
// and line for any other that is malformed.
std::vector<ComparedRun> read_runs(const std::filesystem::path& directory);

// Adds one line.
void append_run(const std::filesystem::path& directory, const ComparedRun& run);

// One object, without a line break.
std::string run_json(const ComparedRun& run);

}  // namespace thalweg
