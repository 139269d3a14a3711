#include "thalweg/memory.h"

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <limits>
#include <map>
#include <mutex>
#include <string>

#include "base/file.h"
#include "params/forever.h"
#include "thalweg/error.h"
#include "thalweg/params.h"

namespace thalweg {
namespace {

constexpr std::size_t kHugePage = std::size_t{1} << 21;
constexpr std::size_t kPage = 4096;
constexpr std::size_t kColour = 576;  // nine cache lines

struct Mapped {
  void* begin;
  std::size_t bytes;
};

// What is in use, by the address that was given out.
struct InUse {
  std::mutex changing;
  std::map<void*, Mapped> pieces;
  std::size_t made = 0;
};
InUse& in_use() { return forever<InUse>(); }

[[noreturn]] void fail(std::size_t bytes, int error) {
  throw Error(Code::resource, {"memory", "allocation failed", system_message(error),
                               std::to_string(bytes) + " bytes", "use less, or free some"});
}

// A range of the process's memory with what of it lies on huge pages.
struct Range {
  std::uintptr_t end;
  double huge_share;
};
using Ranges = std::map<std::uintptr_t, Range>;  // by their begin

Ranges read_ranges() {
  Ranges ranges;
  std::ifstream smaps("/proc/self/smaps");
  std::uintptr_t begin = 0, end = 0;
  double huge = 0;
  for (std::string line; std::getline(smaps, line);) {
    std::uintptr_t first = 0, last = 0;
    std::uint64_t kib = 0;
    std::array<char, 32> name{};
    if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " ", &first, &last) == 2) {
      begin = first;
      end = last;
      huge = 0;
      ranges[begin] = {end, 0.0};
    } else if (std::sscanf(line.c_str(), "%31[^:]: %" SCNu64 " kB", name.data(), &kib) == 2) {
      const std::string key = name.data();
      const bool counts = key == "AnonHugePages" || key == "ShmemPmdMapped" || key == "FilePmdMapped" ||
                          key == "Private_Hugetlb" || key == "Shared_Hugetlb";
      if (!counts || begin == end) continue;
      huge += static_cast<double>(kib) * 1024;
      ranges[begin].huge_share = huge / static_cast<double>(end - begin);
    }
  }
  return ranges;
}

bool is_small(const Ranges& ranges, const Buffer& buffer) {
  if (buffer.data == nullptr || buffer.bytes() < 2 * kHugePage) return false;
  const auto at = reinterpret_cast<std::uintptr_t>(buffer.data) + buffer.bytes() / 2;
  auto next = ranges.upper_bound(at);
  if (next == ranges.begin()) return false;
  --next;
  return at < next->second.end && next->second.huge_share < 0.5;
}

}  // namespace

void* allocate_memory(std::size_t bytes) {
  if (bytes > std::numeric_limits<std::ptrdiff_t>::max() - 2 * kHugePage) fail(bytes, ENOMEM);
  InUse& all = in_use();
  const std::lock_guard lock(all.changing);
  const std::size_t offset = all.made++ * kColour % kPage;
  const bool huge = bytes >= kHugePage;
  // Whole huge pages, wherever the system puts them.
  const std::size_t size =
      (offset + bytes + kPage) / kPage * kPage + (huge ? kHugePage : 0);  // a byte at least
  void* begin = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (begin == MAP_FAILED) fail(bytes, errno);
  auto start = reinterpret_cast<std::uintptr_t>(begin);
  if (huge) {
    start = (start + kHugePage - 1) / kHugePage * kHugePage;
    ::madvise(begin, size, MADV_HUGEPAGE);  // advice: a refusal costs speed only
  }
  void* piece = reinterpret_cast<void*>(start + offset);
  try {
    all.pieces[piece] = {begin, size};
  } catch (...) {
    ::munmap(begin, size);
    throw;
  }
  return piece;
}

void free_memory(void* memory) {
  if (memory == nullptr) return;
  InUse& all = in_use();
  const std::lock_guard lock(all.changing);
  const auto found = all.pieces.find(memory);
  if (found == all.pieces.end()) {
    throw Error(Code::usage, {"memory", "it was not allocated here, or was freed before", "",
                              "what allocate_memory gave", ""});
  }
  ::munmap(found->second.begin, found->second.bytes);
  all.pieces.erase(found);
}

std::vector<bool> on_small_pages(const Params& params) {
  const Ranges ranges = read_ranges();
  std::vector<bool> out;
  for (const Parameter& parameter : params) {
    out.push_back(is_small(ranges, parameter.value_buffer()) || is_small(ranges, parameter.grad_buffer()));
  }
  return out;
}

}  // namespace thalweg
