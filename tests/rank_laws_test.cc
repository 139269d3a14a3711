// Ranks that step together have the bits of one process that has the mean of their gradients: over the whole
// catalogue, however many they are, and wherever the state is.
#include <gtest/gtest.h>

#include "comm/test_ranks.h"
#include "rank_runs.h"

namespace thalweg {
namespace {

using RankLaws = Laws;

INSTANTIATE_TEST_SUITE_P(EveryTransform, RankLaws, testing::ValuesIn(all_transforms()),
                         [](const auto& tested) { return std::string(tested.param->spec.name); });

void expect_same(const RankRun& run, int ranks) {
  const std::string wanted = alone(run, ranks);
  run_ranks(ranks, [&](TestRank& comm) {
    const std::string bits = together(run, comm);
    const bool all = comm.rank() + 1 == ranks;
    EXPECT_TRUE(all ? bits == wanted : wanted.starts_with(bits))
        << comm.rank() << " of " << ranks << ", " << run.chain;
  });
}

TEST_P(RankLaws, SameBitsForAnyRanks) {
  for_each_chain([](const std::string& chain, Dtype dtype) {
    OptimizerOptions rich = with_statistics(1);
    rich.grad_norm = rich.zero_grad = true;
    for (const OptimizerOptions& options : {OptimizerOptions(), rich}) {
      for (const int ranks : {1, 3}) expect_same({kSmall, dtype, chain, options}, ranks);
    }
  });
}

TEST(Ranks, HaveTheSameBitsOverManyBlocks) {
  for (const char* chain :
       {"clip_norm(1) | adamw(lr=0.1)", "agc(0.1) | momentum | trust_ratio | lr(0.1) | average",
        "accumulate(2) | centralize | adam | clip_norm(1, per=tensor) | lr(0.1)",
        "noise(0.1) | adam | lr(0.1) | lookahead"}) {
    for (const int ranks : {1, 2, 3, 4, 5, 8}) {
      for (const bool whole : {false, true}) {
        OptimizerOptions options = with_threads(ranks == 2 ? 2 : 1);
        options.whole_state = whole;
        options.nonfinite = ranks == 3 ? Nonfinite::skip : Nonfinite::report;
        expect_same({kLarge, Dtype::f32, chain, options}, ranks);
      }
    }
  }
}

}  // namespace
}  // namespace thalweg
