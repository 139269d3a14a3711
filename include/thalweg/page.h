// The page of a run: one HTML file that opens from disk and asks nothing of anybody.
#pragma once

#include <filesystem>

namespace thalweg {

// Reads the run directory `run` (metrics.jsonl, config.toml, result.json and plan.txt where they are there)
// and replaces `run`/report.html. Throws Error(data) when `run` is no run directory or a file of it is
// malformed, with file and line; Error(resource) when the page cannot be written.
void write_page(const std::filesystem::path& run);

}  // namespace thalweg
