#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "data/test_files.h"
#include "thalweg/dataset.h"

namespace thalweg {
namespace {

std::vector<std::uint32_t> batch_of(Loader& loader, std::uint64_t update) {
  const std::span<const std::uint32_t> samples = loader.samples(update);
  return {samples.begin(), samples.end()};
}

std::vector<std::uint32_t> epoch_of(Loader& loader, std::uint64_t epoch) {
  std::vector<std::uint32_t> all;
  for (std::uint64_t i = 0; i < loader.updates_per_epoch(); ++i) {
    const std::vector<std::uint32_t> batch = batch_of(loader, epoch * loader.updates_per_epoch() + i);
    all.insert(all.end(), batch.begin(), batch.end());
  }
  return all;
}

std::vector<std::uint32_t> counted(std::size_t n) {
  std::vector<std::uint32_t> numbers(n);
  std::iota(numbers.begin(), numbers.end(), 0u);
  return numbers;
}

TEST(Loader, UpdatesOfAnEpochAreRoundedUp) {
  EXPECT_EQ(Loader(100, 10, 0).updates_per_epoch(), 10u);
  EXPECT_EQ(Loader(101, 10, 0).updates_per_epoch(), 11u);
  EXPECT_EQ(Loader(99, 10, 0).updates_per_epoch(), 10u);
  EXPECT_EQ(Loader(1, 1, 0).updates_per_epoch(), 1u);
  EXPECT_EQ(Loader(UINT32_MAX, 1, 0).updates_per_epoch(), UINT32_MAX);
}

TEST(Loader, G5EverySampleComesOnceAnEpochAndTheLastBatchHoldsTheRest) {
  for (const std::size_t size : {1, 2, 3, 7, 8, 9, 103}) {
    for (const std::size_t batch : {1, 2, 7, 8}) {
      Loader loader(size, batch, 5);
      for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
        std::vector<std::uint32_t> all = epoch_of(loader, epoch);
        std::sort(all.begin(), all.end());
        EXPECT_EQ(all, counted(size)) << size << " by " << batch;
      }
      const std::size_t rest = size % loader.batch() == 0 ? loader.batch() : size % loader.batch();
      EXPECT_EQ(batch_of(loader, loader.updates_per_epoch() - 1).size(), rest);
    }
  }
}

TEST(Loader, E8OrderDependsOnSeedAndEpochAlone) {
  Loader small(50, 7, 1), large(50, 20, 1), other(50, 7, 2);
  EXPECT_EQ(epoch_of(small, 3), epoch_of(large, 3));
  EXPECT_NE(epoch_of(small, 3), epoch_of(small, 4));
  EXPECT_NE(epoch_of(small, 3), epoch_of(other, 3));
  EXPECT_NE(epoch_of(small, 0), counted(50));
}

TEST(Loader, JumpingEqualsStepping) {
  Loader stepped(20, 6, 9), jumped(20, 6, 9);
  std::vector<std::vector<std::uint32_t>> steps;
  for (std::uint64_t update = 0; update < 12; ++update) steps.push_back(batch_of(stepped, update));
  for (const std::uint64_t update : {11, 0, 5, 4, 3, 8, 2, 10, 1, 7, 6, 9, 9}) {
    EXPECT_EQ(batch_of(jumped, update), steps[update]) << update;
  }
}

TEST(Loader, OneBatchOfAllIsInSourceOrder) {
  for (const std::size_t batch : {0, 10, 11}) {
    Loader loader(10, batch, 3);
    EXPECT_EQ(loader.batch(), 10u);
    EXPECT_EQ(loader.updates_per_epoch(), 1u);
    EXPECT_EQ(batch_of(loader, 0), counted(10));
    EXPECT_EQ(batch_of(loader, 7), counted(10));
  }
}

TEST(Loader, FileOrderIsThatOfTheSourceInEveryEpoch) {
  Loader loader(10, 4, 3, Order::file);
  EXPECT_EQ(loader.updates_per_epoch(), 3u);
  EXPECT_EQ(epoch_of(loader, 0), counted(10));
  EXPECT_EQ(epoch_of(loader, 5), counted(10));
  EXPECT_EQ(batch_of(loader, 2), (std::vector<std::uint32_t>{8, 9}));
}

TEST(Loader, ReplacementDrawsFullBatchesBySeedAndUpdateAlone) {
  Loader stepped(10, 4, 9, Order::replacement), jumped(10, 4, 9, Order::replacement);
  Loader other(10, 4, 8, Order::replacement);
  EXPECT_EQ(stepped.updates_per_epoch(), 3u);
  std::vector<std::vector<std::uint32_t>> steps;
  for (std::uint64_t update = 0; update < 12; ++update) {
    steps.push_back(batch_of(stepped, update));
    EXPECT_EQ(steps.back().size(), 4u);
  }
  for (const std::uint64_t update : {11, 0, 5, 5, 2}) EXPECT_EQ(batch_of(jumped, update), steps[update]);
  EXPECT_NE(steps[0], steps[1]);
  EXPECT_NE(batch_of(other, 0), steps[0]);
}

TEST(Loader, ReplacementDrawsEverySampleAlikeAndSomeTwice) {
  Loader loader(10, 10, 1, Order::replacement);
  std::vector<int> counts(10);
  bool twice = false;
  for (std::uint64_t update = 0; update < 1000; ++update) {
    std::vector<std::uint32_t> batch = batch_of(loader, update);
    for (const std::uint32_t sample : batch) ++counts.at(sample);
    std::sort(batch.begin(), batch.end());
    twice = twice || std::adjacent_find(batch.begin(), batch.end()) != batch.end();
  }
  EXPECT_TRUE(twice);
  for (const int count : counts) EXPECT_NEAR(count, 1000, 150);  // five deviations of a binomial
}

TEST(Loader, OrdersHaveTheirWords) {
  for (const Order order : {Order::shuffle, Order::replacement, Order::file}) {
    EXPECT_EQ(parse_order(order_name(order)), order);
    EXPECT_NE(order_names().find(order_name(order)), std::string_view::npos);
  }
  error_of(Code::usage, [] { parse_order("Shuffle"); });
}

TEST(Loader, NoSamplesAreAnError) {
  error_of(Code::data, [] { Loader(0, 0, 0); });
  error_of(Code::data, [] { Loader(0, 5, 0); });
  error_of(Code::usage, [] { Loader(std::size_t{1} << 32, 5, 0); });
}

}  // namespace
}  // namespace thalweg
