// How work is divided over threads: by blocks of elements.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/threads.h"
#include "thalweg/params.h"
#include "transforms/transform.h"

namespace thalweg {

// Calls f(i, begin, end) for the member's share of things that are made of blocks, begin and end in elements.
// `first` is the first block of each, with one more entry for the end.
template <class F>
void for_each_share(const std::vector<std::size_t>& first, int member, int members, const F& f) {
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
