// Where in one block of memory things lie that live for a while: first come, smallest gap that fits.
#pragma once

#include <cstddef>
#include <map>

namespace thalweg {

class MemoryPlan {
 public:
  // The offset of so many bytes, which stay taken until they are given back.
  std::size_t take(std::size_t bytes);
  void give_back(std::size_t offset, std::size_t bytes);

  // That the block must have.
  std::size_t bytes() const { return bytes_; }

 private:
  std::size_t bytes_ = 0;
  std::map<std::size_t, std::size_t> gaps_;  // offset -> bytes; no two of them touch
};

}  // namespace thalweg
