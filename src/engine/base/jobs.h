// Work that is done in parts, each on one thread.
#pragma once

#include <cstddef>
#include <functional>

namespace thalweg {

// Calls f(i) for i in 0 .. n-1, at most `threads` at a time, in no certain order; a part must use no more
// threads of its own. When parts throw, what the first of them by number threw is thrown at the end.
void in_parallel(std::size_t n, int threads, const std::function<void(std::size_t i)>& f);

}  // namespace thalweg
