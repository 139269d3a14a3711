// How a run stands.
#pragma once

#include <filesystem>
#include <string>

#include "page/run_data.h"

namespace thalweg::page {

// "finished", "diverged", "running", "interrupted" or "died". The kernel holds the lock of a run as long as
// its process lives; one that was interrupted saved the last update that it recorded.
std::string state_of(const RunData& data, const std::filesystem::path& run);

}  // namespace thalweg::page
