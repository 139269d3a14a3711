// The loops that measure the memory limit.
#pragma once

#include <cstddef>

namespace thalweg {

inline constexpr int kMostStreams = 10;
inline constexpr std::size_t kLine = 64;  // bytes of a cache line

// Reads lines [begin, end) of `reads` streams, writes the last `writes` of them back, and returns a number
// that depends on all of them. Streams are aligned to a line. Each line of floats is asked for `ahead` floats
// before it is used; with 0 that is left to the processor.
float pass_over(int reads, int writes, void* const* streams, std::size_t begin, std::size_t end,
                std::size_t ahead = 0);

}  // namespace thalweg
