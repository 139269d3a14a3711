#include "reserve/process_memory.h"

#include <fstream>
#include <string>

namespace thalweg {

ProcessMemory process_memory() {
  constexpr std::uint64_t kKibibyte = 1024;
  std::ifstream status("/proc/self/status");
  ProcessMemory out;
  std::string name;
  while (status >> name) {
    std::uint64_t number = 0;
    if (name == "VmHWM:" && status >> number) out.peak = number * kKibibyte;
    if (name == "VmRSS:" && status >> number) out.resident = number * kKibibyte;
    status.ignore(1 << 20, '\n');
  }
  return out;
}

}  // namespace thalweg
