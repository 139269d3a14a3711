// Counts the allocations of the test program; they are as ever otherwise.
#include "allocations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>

namespace {

std::atomic<std::uint64_t> count{0};

void* counted_or_null(std::size_t bytes, std::size_t alignment) noexcept {
  count.fetch_add(1, std::memory_order_relaxed);
  bytes = (std::max<std::size_t>(bytes, 1) + alignment - 1) / alignment * alignment;
  const bool plain = alignment <= alignof(std::max_align_t);
  return plain ? std::malloc(bytes) : std::aligned_alloc(alignment, bytes);
}

void* counted(std::size_t bytes, std::size_t alignment) {
  if (void* data = counted_or_null(bytes, alignment)) return data;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes, 1); }
void* operator new[](std::size_t bytes) { return counted(bytes, 1); }
void* operator new(std::size_t bytes, std::align_val_t to) { return counted(bytes, std::size_t(to)); }
void* operator new[](std::size_t bytes, std::align_val_t to) { return counted(bytes, std::size_t(to)); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return counted_or_null(bytes, 1); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return counted_or_null(bytes, 1); }
// Not inlined: the compiler would see a pair of new and free.
[[gnu::noinline]] void operator delete(void* data) noexcept { std::free(data); }
[[gnu::noinline]] void operator delete[](void* data) noexcept { std::free(data); }
[[gnu::noinline]] void operator delete(void* data, const std::nothrow_t&) noexcept { std::free(data); }
[[gnu::noinline]] void operator delete[](void* data, const std::nothrow_t&) noexcept { std::free(data); }
[[gnu::noinline]] void operator delete(void* data, std::size_t) noexcept { std::free(data); }
[[gnu::noinline]] void operator delete[](void* data, std::size_t) noexcept { std::free(data); }
[[gnu::noinline]] void operator delete(void* data, std::align_val_t) noexcept { std::free(data); }
[[gnu::noinline]] void operator delete[](void* data, std::align_val_t) noexcept { std::free(data); }
[[gnu::noinline]] void operator delete(void* data, std::size_t, std::align_val_t) noexcept {
  std::free(data);
}
[[gnu::noinline]] void operator delete[](void* data, std::size_t, std::align_val_t) noexcept {
  std::free(data);
}

namespace thalweg {

std::uint64_t allocations() { return count.load(std::memory_order_relaxed); }

TEST(Allocations, AreCounted) {
  const std::uint64_t before = allocations();
  const auto number = std::make_unique<int>(7);
  EXPECT_EQ(*number, 7);
  EXPECT_EQ(allocations() - before, 1u);
}

}  // namespace thalweg
