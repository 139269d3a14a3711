// config.toml: every option of a run.
#pragma once

#include <filesystem>
#include <string>

#include "thalweg/run.h"

namespace thalweg {

std::string print_config(const RunConfig& config);

// Throws Error(data) naming file, line and key for what is missing, unknown or of another type.
RunConfig read_config(const std::filesystem::path& path);

// Throws Error(usage) naming the option for a number out of range.
void check_numbers(const RunConfig& config);

}  // namespace thalweg
