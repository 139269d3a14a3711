// Whether all ranks were given the same.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "thalweg/comm.h"

namespace thalweg {

// Names and what a rank has under them.
using Facts = std::vector<std::pair<std::string, std::string>>;

// Throws on every rank Error(usage) that names the first fact that differs from rank 0's, with the rank that
// has it and its host.
void check_alike(Comm& comm, const Facts& facts);

}  // namespace thalweg
