#include "base/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "base/file.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::size_t kSmallestBlock = std::size_t{1} << 20;
constexpr std::size_t kHugePage = std::size_t{1} << 21;
constexpr std::size_t kPage = 4096;
constexpr std::size_t kColour = 576;  // nine cache lines

std::size_t round_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

std::shared_ptr<void> map(std::size_t bytes) {
  void* block = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) {
    throw Error(Code::resource, {"memory", "allocation failed", system_message(errno),
                                 std::to_string(bytes) + " bytes", "use a smaller model or batch"});
  }
  if (bytes >= kHugePage) ::madvise(block, bytes, MADV_HUGEPAGE);  // advice: a refusal costs speed only
  return {block, [bytes](void* p) { ::munmap(p, bytes); }};
}

}  // namespace

Arena::Arena(int colour) : offset_(static_cast<std::size_t>(colour) * kColour % kPage) {}

std::size_t Arena::padded(std::size_t bytes) { return round_up(std::max<std::size_t>(bytes, 1), kAlignment); }

void Arena::add_block(std::size_t wanted) {
  const std::size_t size = round_up(wanted, wanted >= kHugePage ? kHugePage : kPage);
  blocks_.push_back(map(size));
  next_ = static_cast<std::byte*>(blocks_.back().get()) + offset_;
  left_ = size - offset_;
}

void Arena::reserve(std::size_t bytes) {
  if (bytes > left_) add_block(bytes + offset_);
}

void Arena::give_back(void* memory, std::size_t bytes) {
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  const std::size_t first = round_up(begin, kPage), end = (begin + bytes) / kPage * kPage;
  if (first < end) ::madvise(reinterpret_cast<void*>(first), end - first, MADV_DONTNEED);
}

void* Arena::allocate(std::size_t bytes) {
  bytes = padded(bytes);
  // Doubling keeps the number of blocks small without wasting more than half.
  if (bytes > left_) add_block(std::max({bytes + offset_, kSmallestBlock, bytes_}));
  std::byte* piece = next_;
  next_ += bytes;
  left_ -= bytes;
  bytes_ += bytes;
  return piece;
}

}  // namespace thalweg
