#include "nn/memory_plan.h"

#include <iterator>

namespace thalweg {

std::size_t MemoryPlan::take(std::size_t bytes) {
  auto best = gaps_.end();
  for (auto gap = gaps_.begin(); gap != gaps_.end(); ++gap) {
    if (gap->second >= bytes && (best == gaps_.end() || gap->second < best->second)) best = gap;
  }
  if (best != gaps_.end()) {
    const auto [offset, size] = *best;
    gaps_.erase(best);
    if (size > bytes) gaps_.emplace(offset + bytes, size - bytes);
    return offset;
  }
  std::size_t offset = bytes_;
  if (!gaps_.empty()) {  // one at the end grows
    const auto last = std::prev(gaps_.end());
    if (last->first + last->second == bytes_) {
      offset = last->first;
      gaps_.erase(last);
    }
  }
  bytes_ = offset + bytes;
  return offset;
}

void MemoryPlan::give_back(std::size_t offset, std::size_t bytes) {
  if (bytes == 0) return;
  auto gap = gaps_.emplace(offset, bytes).first;
  if (const auto next = std::next(gap); next != gaps_.end() && offset + bytes == next->first) {
    gap->second += next->second;
    gaps_.erase(next);
  }
  if (gap == gaps_.begin()) return;
  const auto before = std::prev(gap);
  if (before->first + before->second != offset) return;
  before->second += gap->second;
  gaps_.erase(gap);
}

}  // namespace thalweg
