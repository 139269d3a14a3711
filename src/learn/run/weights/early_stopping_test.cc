#include "run/weights/early_stopping.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "data/test_files.h"
#include "run/folder.h"

namespace thalweg {
namespace {

class BestTest : public ::testing::Test {
 protected:
  BestTest() { params_.add("w", {3}, Role::weight); }

  void observe(EarlyStopping& best, const std::vector<double>& losses) {
    for (const double loss : losses) {
      ++epoch_;
      std::ranges::fill(params_[0].value<float>(), static_cast<float>(epoch_));
      best.observe(loss, loss, epoch_, 10 * epoch_, params_);
    }
  }

  Params params_;
  std::uint64_t epoch_ = 0;
};

TEST_F(BestTest, F2StopsAfterSoManyEpochsInARowWithoutImprovement) {
  EarlyStopping best(params_, 2, 0);
  observe(best, {3, 2, 2.5, 1, 1});
  EXPECT_FALSE(best.should_stop());
  observe(best, {1.5});
  EXPECT_TRUE(best.should_stop());
  EXPECT_EQ(best.epoch(), 4u);
  EXPECT_EQ(best.update(), 40u);
  EXPECT_EQ(best.loss(), 1);
}

TEST_F(BestTest, NeverStopsWithoutPatience) {
  EarlyStopping best(params_, 0, 0);
  observe(best, std::vector<double>(50, 1.0));
  EXPECT_FALSE(best.should_stop());
}

TEST_F(BestTest, ASmallImprovementIsTheBestButDoesNotCountForPatience) {
  EarlyStopping best(params_, 3, 0.5);
  observe(best, {3, 2.9, 2.8, 2.7});
  EXPECT_TRUE(best.should_stop());
  EXPECT_EQ(best.epoch(), 4u);
  EarlyStopping slow(params_, 3, 0.5);
  observe(slow, {3, 2.8, 2.6, 2.4});  // 0.6 in all
  EXPECT_FALSE(slow.should_stop());
}

TEST_F(BestTest, NaNIsNeverTheBest) {
  EarlyStopping best(params_, 2, 0);
  observe(best, {NAN});
  EXPECT_FALSE(best.any());
  observe(best, {NAN});
  EXPECT_TRUE(best.should_stop());
  observe(best, {7, NAN});
  EXPECT_EQ(best.epoch(), 3u);
  EXPECT_FALSE(best.should_stop());
}

TEST_F(BestTest, AMetricMayBeBetterTheHigherItIs) {
  EarlyStopping best(params_, 2, 0.5, metric_of("accuracy"));
  observe(best, {NAN, 1, 3, 3.4, 2});
  EXPECT_EQ(best.epoch(), 4u);
  EXPECT_EQ(best.number(), 3.4);
  EXPECT_TRUE(best.should_stop()) << "3 was the last improvement";
  Metadata metadata;
  best.add_to(metadata);
  metadata.erase("best_update");  // no weights to load
  EarlyStopping again(params_, 2, 0.5, metric_of("accuracy"));
  again.load(metadata);
  observe(again, {3.2});
  EXPECT_EQ(again.epoch(), 4u);
  EXPECT_EQ(again.number(), 3.4);
}

TEST_F(BestTest, ItsWeightsAreADeepCopy) {
  EarlyStopping best(params_, 0, 0);
  observe(best, {1, 2, 3});
  best.swap_with(params_);
  EXPECT_EQ(params_[0].value<float>()[2], 1.0f);
  best.swap_with(params_);
  EXPECT_EQ(params_[0].value<float>()[2], 3.0f);
}

TEST_F(BestTest, ComesBackFromWhatACheckpointKeeps) {
  const TestFolder folder;
  std::filesystem::create_directory(folder.path() / "checkpoints");
  EarlyStopping best(params_, 3, 0.25);
  observe(best, {3, 1.1, 1, 1});
  Metadata metadata;
  best.add_to(metadata);
  CheckpointWriter writer({.background = false});
  best.add_to(writer, folder.path());
  writer.begin();
  EXPECT_EQ(checkpoints(folder.path(), Kept::best), std::vector<std::uint64_t>{30});
  EarlyStopping again(params_, 3, 0.25);
  EXPECT_EQ(again.load_weights(metadata, folder.path()), "");
  again.load(metadata);
  EXPECT_EQ(again.epoch(), 3u);
  EXPECT_EQ(again.update(), 30u);
  EXPECT_EQ(again.loss(), 1);
  EXPECT_FALSE(again.should_stop());
  observe(again, {0.9});
  EXPECT_TRUE(again.should_stop()) << "1.1 was the last improvement";
  EXPECT_EQ(again.load_weights(metadata, folder.path()), "");
  again.swap_with(params_);
  EXPECT_EQ(params_[0].value<float>()[0], 3.0f);
}

}  // namespace
}  // namespace thalweg
