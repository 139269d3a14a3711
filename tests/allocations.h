// Allocations of the test program, which allocations_test.cc counts.
#pragma once

#include <cstdint>

namespace thalweg {

// Calls of operator new in all threads since the program began.
std::uint64_t allocations();

}  // namespace thalweg
