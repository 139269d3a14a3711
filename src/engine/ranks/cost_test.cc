#include "ranks/cost.h"

#include <gtest/gtest.h>

#include <thread>

#include "comm/test_ranks.h"
#include "thalweg/optimizer.h"

namespace thalweg {
namespace {

constexpr std::uint64_t kBytes = 8 * kBlock * sizeof(float);

Params eight_blocks() {
  Params params;
  params.add("w", {8, static_cast<std::int64_t>(kBlock)}, Role::weight);
  return params;
}

RankCost cost_of(const Params& params, int ranks, std::size_t shards) {
  return rank_cost(params, Plan(Chain("adam | lr(1)"), params), ranks, shards);
}

// By hand: of eight blocks each of four ranks has two, and sends the others all the rest.
TEST(RankCost, IsOfAQuarterOnFourRanks) {
  const RankCost cost = cost_of(eight_blocks(), 4, 4);
  EXPECT_EQ(cost.share, 0.25);
  EXPECT_EQ(cost.state, 2 * kBytes / 4);
  EXPECT_EQ(cost.gradients_out, kBytes * 3 / 4);
  EXPECT_EQ(cost.gradients_in, kBytes * 3 / 4);
  EXPECT_EQ(cost.values_out, kBytes * 3 / 4);
  EXPECT_EQ(cost.values_in, kBytes * 3 / 4);
  EXPECT_EQ(cost.summed, kBytes / 4 * 5);  // four are read, one is written
  EXPECT_EQ(cost.waiting, 0u);
}

// A sum of 2^k parts keeps k of them at most, beside the last one.
TEST(RankCost, KeepsAGradientForEachLevelOfTheTree) {
  for (const auto& [shards, kept] : {std::pair(1, 0), {2, 1}, {4, 2}, {8, 3}, {64, 6}, {3, 1}}) {
    const RankCost cost = cost_of(eight_blocks(), 1, static_cast<std::size_t>(shards));
    EXPECT_EQ(cost.waiting, static_cast<std::uint64_t>(kept) * kBytes) << shards;
    EXPECT_EQ(cost.gradients_out + cost.values_in + cost.rooms, 0u);
  }
  EXPECT_EQ(cost_of(eight_blocks(), 3, 4).waiting, kBytes);  // one of them has two parts
}

// The tree over six parts is ((0 1) 2) + ((3 4) 5). Of four ranks two have two parts: (0 1), which are a
// node, and 2 and 3, which meet others first and travel each by itself.
TEST(RankCost, CountsPartsThatCannotBeAddedBefore) {
  EXPECT_EQ(cost_of(eight_blocks(), 2, 6).gradients_out, kBytes / 2);
  EXPECT_EQ(cost_of(eight_blocks(), 4, 6).gradients_out, 2 * kBytes * 3 / 4);
}

// A rank that counts what it sends.
class Counting : public TestRank {
 public:
  using TestRank::TestRank;
  Ticket send(int to, std::span<const std::byte> bytes) override {
    ++messages;
    sent += bytes.size();
    return TestRank::send(to, bytes);
  }
  std::uint64_t messages = 0, sent = 0;
};

TEST(RankCost, IsWhatAStepSends) {
  constexpr int kRanks = 3;
  TestMail mail(kRanks);
  std::vector<std::uint64_t> messages(kRanks), sent(kRanks);
  std::vector<std::thread> threads;
  RankCost cost;
  for (int rank = 0; rank < kRanks; ++rank) {
    threads.emplace_back([&, rank] {
      Counting comm(mail, rank);
      Params params = eight_blocks();
      Optimizer optimizer(params, Chain("adam | lr(1)"), {.comm = &comm});
      optimizer.step();
      comm.messages = comm.sent = 0;
      optimizer.step();
      messages[static_cast<std::size_t>(rank)] = comm.messages;
      sent[static_cast<std::size_t>(rank)] = comm.sent;
      if (rank == 0) cost = cost_of(params, kRanks, kRanks);
    });
  }
  for (std::thread& thread : threads) thread.join();
  // Of gradients and of values one message each goes to every other rank: they are short.
  for (const std::uint64_t n : messages) EXPECT_EQ(n, (kSmallMessages + 2u) * (kRanks - 1));
  constexpr std::uint64_t kSmall = 1024;
  const std::uint64_t most = *std::max_element(sent.begin(), sent.end());
  EXPECT_GE(most, 8 * kBlock * sizeof(float) * 4 / 3);
  EXPECT_LE(most, cost.gradients_out + cost.values_out + kSmall);
}

}  // namespace
}  // namespace thalweg
