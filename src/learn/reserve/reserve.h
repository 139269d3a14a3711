// What is left when memory runs out: a reserve for libraries that do not survive a failed allocation, and a
// message that needs none.
#pragma once

#include <atomic>
#include <cstddef>

namespace thalweg {

// While one lives, this thread's allocations that fail are met from the reserve of the process, where it has
// one: the tool does (allocator.cc), other programs keep the allocator they have.
class Reserve {
 public:
  Reserve() : before_(drawn) { ++users; }
  ~Reserve() { --users; }
  Reserve(const Reserve&) = delete;
  Reserve& operator=(const Reserve&) = delete;

  // Whether anything was taken from it since this object was made: memory has run out, and what was called
  // has only outlived it.
  bool used() const { return drawn != before_; }

  static inline thread_local constinit unsigned users = 0;
  static inline thread_local constinit unsigned drawn = 0;      // allocations met
  static inline constinit std::atomic<std::size_t> missing{0};  // bytes of the last allocation that failed
  static inline constinit std::atomic<bool> open_to_all{
      true};                                        // until main() begins: libraries set themselves up
  static inline constinit bool tells_json = false;  // how tell_out_of_memory() does

 private:
  unsigned before_;
};

// A line on stderr that says so, as text or JSON, with the bytes where they are known. Allocates nothing.
void tell_out_of_memory() noexcept;

// For std::set_terminate: out of memory where no exception may leave, the process ends like any other that
// is, with exit code 4; for any other reason it aborts.
[[noreturn]] void end_process() noexcept;

}  // namespace thalweg
