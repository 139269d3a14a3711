// How work is divided over threads: by blocks of elements.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "base/threads.h"
#include "thalweg/params.h"
#include "transforms/transform.h"

namespace thalweg {

inline std::size_t blocks_of(std::size_t elements) { return (elements + kBlock - 1) / kBlock; }

// The blocks of some parameters, counted through.
struct Blocks {
  explicit Blocks(const Params& params) : first(1, 0) {
    for (const Parameter& parameter : params) first.push_back(first.back() + blocks_of(parameter.size()));
  }

  std::size_t all() const { return first.back(); }
  std::size_t of(std::size_t parameter) const { return first[parameter + 1] - first[parameter]; }

  std::vector<std::size_t> first;  // of each parameter; one more entry for the end
};

// Calls f(i, begin, end) for the member's share of things that are made of blocks, begin and end in elements.
// `first` is the first block of each, with one more entry for the end.
template <class F>
void for_each_share(std::span<const std::size_t> first, int member, int members, const F& f) {
  if (members == 1) {
    for (std::size_t i = 0; i + 1 < first.size(); ++i) {
      if (first[i] < first[i + 1]) f(i, 0, (first[i + 1] - first[i]) * kBlock);
    }
    return;
  }
  const Slice blocks = slice(first.back(), member, members);
  auto next = std::upper_bound(first.begin(), first.end(), blocks.begin);
  for (auto i = static_cast<std::size_t>(next - first.begin()) - 1;
       i + 1 < first.size() && first[i] < blocks.end; ++i) {
    const std::size_t begin = std::max(first[i], blocks.begin) - first[i];
    const std::size_t end = std::min(first[i + 1], blocks.end) - first[i];
    if (begin < end) f(i, begin * kBlock, end * kBlock);
  }
}

inline std::byte* offset(void* base, std::size_t elements, Dtype dtype) {
  return static_cast<std::byte*>(base) + elements * size_of(dtype);
}
inline const std::byte* offset(const void* base, std::size_t elements, Dtype dtype) {
  return static_cast<const std::byte*>(base) + elements * size_of(dtype);
}

}  // namespace thalweg
