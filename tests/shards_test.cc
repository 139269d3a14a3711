// Trainings on ranks: the bits of one process with as many shards.
#include <gtest/gtest.h>

#include <cmath>
#include <mutex>
#include <set>

#include "base/test_error.h"
#include "comm/test_ranks.h"
#include "params/test_params.h"
#include "thalweg/checkpoint.h"
#include "thalweg/trainer.h"

namespace thalweg {
namespace {

// 203 images of 6 x 6, of 4 classes, some of which weigh more.
Dataset images(float scale = 1) {
  constexpr std::size_t kSize = 203;
  Dataset data;
  data.sample = {36};
  data.image = {1, 6, 6};
  data.classes = 4;
  std::vector<float> inputs;
  for (std::size_t i = 0; i < 36 * kSize; ++i)
    inputs.push_back(scale * std::sin(static_cast<float>(7 * i + i / 36)));
  data.train.assign(36, inputs);
  for (std::size_t i = 0; i < kSize; ++i) {
    data.train.labels.push_back(static_cast<std::int32_t>(inputs[36 * i] > 0) +
                                2 * static_cast<std::int32_t>(inputs[36 * i + 1] > 0));
    data.train.rows.push_back(static_cast<std::uint32_t>(i));
    data.train.weights.push_back(1.0 + static_cast<double>(i % 3));
  }
  data.held_out = data.train;
  data.test.assign(36, std::vector<float>());
  return data;
}

struct Training {
  std::string model = "conv2d(3, kernel=3) | batch_norm | relu | flatten | dropout(0.2) | dense(4)";
  std::string chain = "clip_norm(1) | adamw(lr=cosine(1e-2, total=30), decay=0.01) | average";
  std::string loss = "cross_entropy";
  std::string augment = "";
  TrainerOptions options = {.batch = 24};
  Nonfinite nonfinite = Nonfinite::report;
  float scale = 1;  // of the inputs
};

// Everything that a training tells, and its checkpoint where `root`.
std::string trained(const Training& training, Comm* comm, int threads = 1) {
  Dataset data = images(training.scale);
  data.augment = training.augment;
  Module model(training.model, inputs_of(data, training.model));
  model.initialise(3);
  const Loss loss(training.loss);
  OptimizerOptions optimizer_options{.threads = threads, .grad_norm = true, .nonfinite = training.nonfinite};
  optimizer_options.comm = comm;
  optimizer_options.overlap = training.options.overlap;
  Optimizer optimizer(model.params(), Chain(training.chain), optimizer_options);
  TrainerOptions options = training.options;
  options.comm = comm;
  options.threads = threads;
  Trainer trainer(model, loss, optimizer, data, options);
  std::string out;
  const auto tell = [&](double number) { out += bits_of(&number, sizeof number); };
  for (const Report& r : trainer.run(updates(20))) {
    tell(r.loss);
    tell(r.grad_norm);
    tell(r.lr);
  }
  for (const Metrics metrics : {Metrics::counted, Metrics::all}) {
    const Averaged lent = trainer.averaged();
    const Evaluation score = trainer.evaluate(data.held_out, metrics);
    tell(score.loss);
    tell(score.accuracy);
  }
  for (const Parameter& p : model.params()) out += value_bits(p);
  gather_state(optimizer);
  if (comm != nullptr && comm->rank() != 0) return out;
  const std::vector<std::byte> bytes = checkpoint_bytes(model.params(), optimizer);
  return out + bits_of(bytes.data(), bytes.size());
}

void expect_same_on_ranks(Training training) {
  for (const std::size_t shards : {4, 5}) {
    training.options.shards = shards;
    const std::string wanted = trained(training, nullptr);
    EXPECT_TRUE(trained(training, nullptr, 2) == wanted);
    for (const int ranks : {1, 2, 3, 4}) {
      run_ranks(ranks, [&](TestRank& comm) {
        const std::string bits = trained(training, &comm, ranks == 2 ? 2 : 1);
        EXPECT_TRUE(comm.rank() == 0 ? bits == wanted : wanted.starts_with(bits))
            << comm.rank() << " of " << ranks << ", " << shards << " shards, " << training.chain;
      });
    }
  }
}

TEST(Shards, HaveTheSameBitsOnAnyRanks) { expect_same_on_ranks({}); }

TEST(Shards, HaveTheSameBitsWithAccumulationPenaltyAndAugmentation) {
  expect_same_on_ranks({.loss = "cross_entropy | l2(0.01)",
                        .augment = "flip | noise(0.1) | mixup(0.2)",
                        .options = {.batch = 8, .accumulate = 3}});
}

TEST(Shards, HaveTheSameBitsWithWindowsAndSkips) {
  expect_same_on_ranks(
      {.chain =
           "accumulate(2) | skip(outlier, factor=1.05, after=2, most=100) | momentum | lr(0.05) | lookahead",
       .nonfinite = Nonfinite::skip});
}

// Of a chain that steps pieces as they come, of more blocks than one.
TEST(Shards, HaveTheSameBitsWhateverOverlaps) {
  Training training{
      .model = "conv2d(3, kernel=3) | batch_norm | relu | flatten | dense(100) | relu | dense(4)",
      .chain = "adamw(lr=cosine(1e-2, total=30), decay=0.01) | average",
      .options = {.batch = 24, .shards = 4}};
  const std::string wanted = trained(training, nullptr);
  for (const char* overlap : {"none", "gradients", "steps", "values", "gradients,steps", "all"}) {
    training.options.overlap = parse_overlap(overlap);
    for (const int ranks : {2, 3}) {
      run_ranks(ranks, [&](TestRank& comm) {
        const std::string bits = trained(training, &comm);
        EXPECT_TRUE(comm.rank() == 0 ? bits == wanted : wanted.starts_with(bits))
            << comm.rank() << " of " << ranks << ", " << overlap;
      });
    }
  }
}

// Of 203 samples the last batch has one: some ranks have no part of it.
TEST(Shards, MayBeFewerThanRanksInALastBatch) { expect_same_on_ranks({.options = {.batch = 101}}); }

// Numbers that are no normal floats stay what they are, whoever reads them when.
TEST(Shards, KeepSmallNumbers) {
  Training training{
      .chain = "adamw(lr=1e-2) | average", .augment = "mixup(0.2)", .options = {.batch = 24, .shards = 4}};
  training.scale = 1e-38f;
  const std::string wanted = trained(training, nullptr);
  for (const char* overlap : {"all", "none"}) {
    training.options.overlap = parse_overlap(overlap);
    run_ranks(2, [&](TestRank& comm) {
      const std::string bits = trained(training, &comm);
      EXPECT_TRUE(comm.rank() == 0 ? bits == wanted : wanted.starts_with(bits)) << overlap;
    });
  }
}

TEST(Shards, OverlapHasNames) {
  EXPECT_EQ(parse_overlap("all"), Overlap());
  EXPECT_EQ(parse_overlap("none"), (Overlap{false, false, false}));
  EXPECT_EQ(parse_overlap("values,gradients"), (Overlap{true, false, true}));
  for (const char* wrong : {"", "step", "all,steps", "steps,"}) {
    expect_contains(usage_error([&] { parse_overlap(wrong); }), "overlap: unknown name");
  }
}

// One part is what there was before.
TEST(Shards, OneIsTheWholeBatch) {
  Training training;
  const std::string wanted = trained(training, nullptr);
  run_ranks(1, [&](TestRank& comm) { EXPECT_TRUE(trained(training, &comm) == wanted); });
}

// Without batch statistics parts are only another order of sums.
TEST(Shards, LearnWhatTheWholeBatchLearns) {
  const Dataset data = images();
  const auto loss_after = [&](std::size_t shards) {
    Module model("dense(8) | tanh | dense(4)", data.sample);
    model.initialise(3);
    const Loss loss("cross_entropy");
    Optimizer optimizer(model.params(), Chain("adam(lr=0.01)"));
    Trainer trainer(model, loss, optimizer, data, {.batch = 24, .shards = shards});
    Report last;
    for (const Report& r : trainer.run(epochs(3))) last = r;
    return last.loss;
  };
  const double whole = loss_after(1);
  for (const std::size_t shards : {2, 3, 8, 24, 100}) EXPECT_NEAR(loss_after(shards), whole, 1e-5) << shards;
}

// An optimizer without the ranks of its trainer would step a part of the gradient.
TEST(Shards, WantTheOptimizerOnTheSameRanks) {
  run_ranks(2, [](TestRank& comm) {
    const Dataset data = images();
    Module model("dense(4)", data.sample);
    const Loss loss("cross_entropy");
    Optimizer optimizer(model.params(), Chain("adam(lr=0.01)"));
    Trainer trainer(model, loss, optimizer, data, {.batch = 24, .shards = 2, .comm = &comm});
    expect_contains(usage_error([&] { trainer.step(); }), "no ranks to add theirs");
  });
}

TEST(Shards, AreAtLeastAsManyAsRanks) {
  run_ranks(2, [](TestRank& comm) {
    expect_contains(usage_error([&] { trained({.options = {.batch = 8, .shards = 1}}, &comm); }),
                    "shards: fewer than ranks; got 1; want at least 2");
  });
}

}  // namespace
}  // namespace thalweg
