// What `thalweg --version` tells.
#pragma once

#include <string>

namespace thalweg::tool {

extern const char* const kCommit;  // of the sources, made by the build; empty where they have no history

// One line each: name and version, commit, SIMD target in use, version of oneDNN.
std::string version_text();

}  // namespace thalweg::tool
