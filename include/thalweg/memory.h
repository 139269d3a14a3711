// Memory for the caller's own parameters and gradients, on huge pages where the system has them: a step over
// pages of 4 KiB takes some 1.3 times as long.
#pragma once

#include <cstddef>
#include <vector>

namespace thalweg {

class Params;

// Zeroed memory, aligned to 64 bytes; of 2 MiB and more advised to lie on huge pages. Pieces begin at
// different offsets within a page, so that streams that are read side by side do not compete for the same
// cache sets. Any thread may call both. Throws Error(resource) naming the bytes.
void* allocate_memory(std::size_t bytes);
// Null does nothing. Throws Error(usage) for what allocate_memory() did not give, or was freed before.
void free_memory(void* memory);

// For containers of the standard library: std::vector<float, HugePageAllocator<float>>.
template <class T>
struct HugePageAllocator {
  using value_type = T;
  HugePageAllocator() = default;
  template <class U>
  HugePageAllocator(const HugePageAllocator<U>&) {}  // NOLINT: allocators convert
  T* allocate(std::size_t n) { return static_cast<T*>(allocate_memory(n * sizeof(T))); }
  void deallocate(T* memory, std::size_t) { free_memory(memory); }
  bool operator==(const HugePageAllocator&) const = default;
};

// For each parameter whether its value or gradient takes 4 MiB or more of which most lies on small pages.
// Reads what the system says of the process's memory: milliseconds, not for every step; all false where it
// says nothing.
std::vector<bool> on_small_pages(const Params& params);

}  // namespace thalweg
