// How work is divided over ranks and threads: by blocks of elements.
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

// The blocks of the parameters that this process moves and keeps state of: all, or a range of them.
struct Portion {
  explicit Portion(const Params& params) : blocks(params), held{0, blocks.all()} {}
  Portion(const Params& params, Slice held_blocks) : blocks(params), held(held_blocks) {}

  bool whole() const { return held.begin == 0 && held.end == blocks.all(); }
  bool holds(std::size_t block) const { return held.begin <= block && block < held.end; }
  // Elements of a parameter, or of a stream like it, of so many.
  Slice of(std::size_t parameter, std::size_t size) const {
    const std::size_t first = blocks.first[parameter];
    const auto element = [&](std::size_t block) {
      return block <= first ? 0 : std::min((block - first) * kBlock, size);
    };
    return {element(held.begin), element(held.end)};
  }

  Blocks blocks;
  Slice held;
};

// Elements [begin, end) that one call handles, counted from the first element of a parameter: of that one
// alone, or of it and those that follow it in memory. `begin` is a whole number of blocks.
struct Piece {
  std::size_t parameter;
  std::size_t begin, end;
};

// Calls f(i, begin, end) for the member's share of things that are made of blocks, begin and end in elements.
// `first` is the first block of each, with one more entry for the end; of these blocks those of `within`.
template <class F>
void for_each_share(std::span<const std::size_t> first, Slice within, int member, int members, const F& f) {
  if (members == 1 && within.begin == 0 && within.end == first.back()) {
    for (std::size_t i = 0; i + 1 < first.size(); ++i) {
      if (first[i] < first[i + 1]) f(i, 0, (first[i + 1] - first[i]) * kBlock);
    }
    return;
  }
  const Slice own = slice(within.end - within.begin, member, members);
  const Slice blocks = {within.begin + own.begin, within.begin + own.end};
  auto next = std::upper_bound(first.begin(), first.end(), blocks.begin);
  for (auto i = static_cast<std::size_t>(next - first.begin()) - 1;
       i + 1 < first.size() && first[i] < blocks.end; ++i) {
    const std::size_t begin = std::max(first[i], blocks.begin) - first[i];
    const std::size_t end = std::min(first[i + 1], blocks.end) - first[i];
    if (begin < end) f(i, begin * kBlock, end * kBlock);
  }
}
template <class F>
void for_each_share(std::span<const std::size_t> first, int member, int members, const F& f) {
  for_each_share(first, {0, first.back()}, member, members, f);
}

// Elements of a stream.
inline Buffer part(const Buffer& of, Slice elements) {
  const std::size_t n = elements.end - elements.begin;
  std::byte* begin = static_cast<std::byte*>(of.data) + elements.begin * size_of(of.dtype);
  return {begin, of.dtype, {static_cast<std::int64_t>(n)}, of.place};
}

inline std::byte* offset(void* base, std::size_t elements, Dtype dtype) {
  return static_cast<std::byte*>(base) + elements * size_of(dtype);
}
inline const std::byte* offset(const void* base, std::size_t elements, Dtype dtype) {
  return static_cast<const std::byte*>(base) + elements * size_of(dtype);
}

}  // namespace thalweg
