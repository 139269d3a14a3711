// What the process holds in memory, as the system counts it.
#pragma once

#include <cstdint>

namespace thalweg {

struct ProcessMemory {
  std::uint64_t resident = 0;  // bytes now; 0 where the system does not say
  std::uint64_t peak = 0;      // the most that it has held
};

ProcessMemory process_memory();

}  // namespace thalweg
