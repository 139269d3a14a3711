#include "device/partition.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <tuple>

namespace thalweg {
namespace {

// D6: DeepSpeed#7640, apex#1825. Sizes that do not fit into 31 or 32 bits, without their memory.
const std::vector<std::uint64_t> kSizes = {(1ull << 31) - 1, 5, 1ull << 31, 0, (1ull << 32) + 1, 2048, 2049};

std::vector<std::size_t> first_blocks() {
  std::vector<std::size_t> first = {0};
  for (const std::uint64_t size : kSizes) first.push_back(first.back() + (size + kBlock - 1) / kBlock);
  return first;
}

TEST(Share, D6PiecesOfAllMembersCoverEveryElementOnceInOrder) {
  const std::vector<std::size_t> first = first_blocks();
  for (const int members : {1, 2, 3, 7, 64}) {
    std::vector<std::uint64_t> covered(kSizes.size());
    std::size_t last = 0;
    for (int member = 0; member < members; ++member) {
      for_each_share(first, member, members, [&](std::size_t i, std::size_t begin, std::size_t end) {
        EXPECT_GE(i, last);
        EXPECT_EQ(begin, covered[i]) << "of " << i;
        EXPECT_EQ(begin % kBlock, 0u);
        EXPECT_LT(begin, end);
        covered[i] = end;
        last = i;
      });
    }
    for (std::size_t i = 0; i < kSizes.size(); ++i) {
      EXPECT_EQ(covered[i], (kSizes[i] + kBlock - 1) / kBlock * kBlock) << members << " members, " << i;
    }
  }
}

TEST(Share, IsAsEvenAsBlocksAllow) {
  const std::vector<std::size_t> first = first_blocks();
  std::vector<std::uint64_t> blocks(7);
  for (int member = 0; member < 7; ++member) {
    for_each_share(first, member, 7, [&](std::size_t, std::size_t begin, std::size_t end) {
      blocks[static_cast<std::size_t>(member)] += (end - begin) / kBlock;
    });
  }
  for (const std::uint64_t n : blocks) {
    EXPECT_GE(n, first.back() / 7);
    EXPECT_LE(n, first.back() / 7 + 1);
  }
}

TEST(Share, OfNothingIsNothing) {
  const auto none = [](std::size_t, std::size_t, std::size_t) { ADD_FAILURE(); };
  using First = std::vector<std::size_t>;
  for_each_share(First{0}, 0, 1, none);
  for_each_share(First{0, 0, 0}, 1, 3, none);
  for_each_share(First{0, 1}, 1, 3, [](std::size_t i, std::size_t, std::size_t) { EXPECT_EQ(i, 0u); });
}

template <class Pointer>
void check_offsets(Pointer start) {
  const auto at = [&](std::uint64_t elements, Dtype dtype) {
    return reinterpret_cast<std::uintptr_t>(offset(start, elements, dtype)) -
           reinterpret_cast<std::uintptr_t>(start);
  };
  for (const std::uint64_t size : kSizes) {
    EXPECT_EQ(at(size, Dtype::f32), 4 * size);
    EXPECT_EQ(at(size, Dtype::f64), 8 * size);
  }
}

TEST(Share, D6OffsetsAreCountedIn64Bits) {
  constexpr std::uintptr_t kStart = 4096;
  check_offsets(reinterpret_cast<void*>(kStart));
  check_offsets(reinterpret_cast<const void*>(kStart));
}

}  // namespace
}  // namespace thalweg
