// Whether all ranks were given the same.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "thalweg/comm.h"

namespace thalweg {

// Names and what a rank has under them.
using Facts = std::vector<std::pair<std::string, std::string>>;

// As a text that says the same.
std::string text_of(const Facts& facts);
Facts facts_of(const std::string& text);

// Throws on every rank Error(usage) that names the first fact that differs from rank 0's, with the rank that
// has it and its host.
void check_alike(Comm& comm, const Facts& facts);

}  // namespace thalweg
