// Zeroed memory that never moves and is freed all at once.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace thalweg {

// Every piece is aligned to 64 bytes and padded to a whole number of them, and pieces follow each other
// without gaps as long as they fit in a block. Large blocks ask the system for huge pages.
class Arena {
 public:
  static constexpr std::size_t kAlignment = 64;

  // Arenas of different colours start at different offsets modulo the page, so that streams that are read
  // side by side do not compete for the same cache sets.
  explicit Arena(int colour = 0);

  // The bytes that a piece of so many takes.
  static std::size_t padded(std::size_t bytes);

  // The next pieces lie in one block as long as they take no more than `bytes` together, each padded().
  void reserve(std::size_t bytes);

  // Both throw Error(resource) naming the bytes when the system has none left.
  void* allocate(std::size_t bytes);

  // Gives the whole pages within memory of an arena back to the system, which fills them with zeros when they
  // are used again.
  static void give_back(void* memory, std::size_t bytes);

  std::size_t bytes() const { return bytes_; }  // handed out, padding included

 private:
  void add_block(std::size_t wanted);  // bytes, the offset included

  std::size_t offset_;  // of the first piece of a block
  std::size_t bytes_ = 0;
  std::vector<std::shared_ptr<void>> blocks_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace thalweg
