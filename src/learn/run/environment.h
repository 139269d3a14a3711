// environment.json: what a run ran on.
#pragma once

#include <string>

namespace thalweg {

// {"schema": 1, "version", "compiler", "processor", "simd", "processors", "threads", "system"}, with a line
// break. Names no user and no host.
std::string environment_json(int threads);

}  // namespace thalweg
