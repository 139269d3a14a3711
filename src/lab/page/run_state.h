// How a run stands.
#pragma once

#include <filesystem>
#include <string>

#include "page/run_data.h"

namespace thalweg::page {

// Whether a process has the run at hand: the kernel holds its lock as long as that process lives.
bool is_held(const std::filesystem::path& run);

// "finished", "running", "diverged", "interrupted" or "died", by what the run says and whether it was held
// before that was read. One that was interrupted saved the last update that it recorded.
std::string state_of(const RunData& data, const std::filesystem::path& run, bool held);

}  // namespace thalweg::page
