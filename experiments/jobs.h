// Independent pieces of work on a few threads.
#pragma once

#include <cstddef>
#include <functional>

namespace thalweg::experiments {

// Calls `work` once with each number below `count`, on at most `threads` threads; what each does must depend
// on its number alone. The first exception ends it and is thrown here.
void for_each_job(std::size_t count, int threads, const std::function<void(std::size_t)>& work);

}  // namespace thalweg::experiments
