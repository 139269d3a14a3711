#include "thalweg/trainer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "augment/augmenter.h"
#include "data/test_files.h"

namespace thalweg {
namespace {

// 37 samples of 3 numbers, of 4 classes.
Dataset small_set() {
  constexpr std::size_t kSize = 37;
  Dataset data;
  data.sample = {3};
  data.classes = 4;
  std::vector<float> inputs;
  for (std::size_t i = 0; i < 3 * kSize; ++i) inputs.push_back(std::sin(static_cast<float>(7 * i)));
  data.train.assign(3, inputs);
  data.test.assign(3, std::vector<float>());
  for (std::size_t i = 0; i < kSize; ++i) {
    data.train.labels.push_back(static_cast<std::int32_t>(inputs[3 * i] > 0) +
                                2 * static_cast<std::int32_t>(inputs[3 * i + 1] > 0));
    data.train.rows.push_back(static_cast<std::uint32_t>(i));
  }
  return data;
}

struct Trained {
  std::vector<float> weights;
  std::vector<double> rates, losses;
  std::vector<double> norms;
  std::vector<std::uint64_t> clocks;
  std::vector<std::uint64_t> samples;
};

Trained train(const std::string& chain, const TrainerOptions& options, std::uint64_t count) {
  const Dataset data = small_set();
  Module model("dense(5) | tanh | dense(4)", data.sample);
  model.initialise(3);
  const Loss loss("cross_entropy");
  Optimizer optimizer(model.params(), Chain(chain), {.grad_norm = true});
  Trainer trainer(model, loss, optimizer, data, options);
  Trained out;
  for (const Report& r : trainer.run(updates(count))) {
    out.losses.push_back(r.loss);
    out.rates.push_back(r.lr);
    out.norms.push_back(r.grad_norm);
    out.samples.push_back(r.samples);
  }
  for (const Parameter& p : model.params()) {
    out.weights.insert(out.weights.end(), p.value<float>().begin(), p.value<float>().end());
  }
  out.clocks.assign(optimizer.clocks().begin(), optimizer.clocks().end());
  return out;
}

// An update over 12 samples at once, over 3 batches of 4, over 2 of 6: 20 updates of each are the same, with
// 12 + 12 + 12 + 1 samples an epoch.
TEST(Trainer, UpdatesInsideBackpropagationWithTheSameBits) {
  for (const char* chain :
       {"adamw(lr=1e-2, decay=0.1)", "momentum(0.9) | lr(0.1) | average", "sgd(lr=cosine(0.1, total=9))",
        "lion | decay(0.1) | lr(1e-3)", "noise(0.1, seed=3) | sgd(lr=0.1)"}) {
    for (const TrainerOptions& options :
         {TrainerOptions{.batch = 8}, TrainerOptions{.batch = 16, .threads = 3, .chunk = 5},
          TrainerOptions{.batch = 8, .accumulate = 2, .checkpoint = 2}}) {
      const Trained want = train(chain, options, 9);
      TrainerOptions fused = options;
      fused.fuse = true;
      const Trained got = train(chain, fused, 9);
      EXPECT_EQ(got.weights, want.weights) << chain;
      EXPECT_EQ(got.losses, want.losses) << chain;
      EXPECT_EQ(got.norms, want.norms) << chain;
      EXPECT_EQ(got.clocks, want.clocks) << chain;
    }
  }
}

TEST(Trainer, FusesOnlyWhatItsParametersAloneDecide) {
  const auto refused = [](const std::string& chain, const std::string& loss_text, Nonfinite policy,
                          const std::string& part) {
    const Dataset data = small_set();
    Module model("dense(4)", data.sample);
    const Loss loss(loss_text);
    Optimizer optimizer(model.params(), Chain(chain), {.nonfinite = policy});
    try {
      const Trainer trainer(model, loss, optimizer, data, {.batch = 8, .fuse = true});
      ADD_FAILURE() << chain;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  };
  refused("clip_norm(1) | sgd(lr=0.1)", "cross_entropy", Nonfinite::report, "every gradient at once");
  refused("accumulate(2) | sgd(lr=0.1)", "cross_entropy", Nonfinite::report, "every gradient at once");
  refused("skip | adam | lr(0.1)", "cross_entropy", Nonfinite::report, "every gradient at once");
  refused("sgd(lr=0.1)", "cross_entropy", Nonfinite::skip, "every gradient at once");
  refused("sgd(lr=0.1)", "cross_entropy | l2(0.1)", Nonfinite::report, "adds to gradients");
}

TEST(Accumulate, B13IsTheLargeBatch) {
  for (const std::string chain : {"decay(0.01) | momentum(0.9) | lr(0.1)", "adamw(lr=0.01, decay=0.1)",
                                  "clip_norm(0.1) | adam(lr=0.01)"}) {
    const Trained whole = train(chain, {.batch = 12}, 20);
    for (const std::size_t parts : {2, 3, 12}) {
      const Trained got = train(chain, {.batch = 12 / parts, .accumulate = parts}, 20);
      SCOPED_TRACE(chain + " in " + std::to_string(parts));
      EXPECT_EQ(got.samples, whole.samples);
      EXPECT_EQ(got.clocks, whole.clocks);
      EXPECT_EQ(got.clocks, std::vector<std::uint64_t>(4, 20));
      for (std::size_t i = 0; i < whole.losses.size(); ++i) {
        EXPECT_NEAR(got.losses[i], whole.losses[i], 1e-5 * std::fabs(whole.losses[i])) << i;
        EXPECT_NEAR(got.norms[i], whole.norms[i], 1e-4 * whole.norms[i]) << i;
      }
      for (std::size_t i = 0; i < whole.weights.size(); ++i) {
        EXPECT_NEAR(got.weights[i], whole.weights[i], 1e-5 + 1e-4 * std::fabs(whole.weights[i])) << i;
      }
    }
  }
}

TEST(Accumulate, B13TheLastWindowOfAnEpochCountsByItsSamples) {
  const Trained got = train("sgd(lr=0.1)", {.batch = 5, .accumulate = 3}, 6);
  EXPECT_EQ(got.samples, (std::vector<std::uint64_t>{15, 15, 7, 15, 15, 7}));
}

// A schedule counts updates, whatever makes one.
TEST(Accumulate, A13RatesAreThoseOfTheLargeBatch) {
  const std::string chain = "adam | lr(cosine(0.1, total=12, warmup=3))";
  const std::vector<double> want = train(chain, {.batch = 12}, 12).rates;
  EXPECT_EQ(train(chain, {.batch = 3, .accumulate = 4}, 12).rates, want);
  EXPECT_EQ(train(chain, {.batch = 1, .accumulate = 12}, 12).rates, want);
}

TEST(Accumulate, MoreThanThereAreIsTheWholeSet) {
  const Trained got = train("sgd(lr=0.1)", {.batch = 30, .accumulate = SIZE_MAX}, 2);
  EXPECT_EQ(got.samples, (std::vector<std::uint64_t>{37, 37}));
  error_of(Code::usage, [] { train("sgd(lr=0.1)", {.accumulate = 0}, 1); });
}

TEST(Trainer, B14ATrainingInTwoCallsIsThatInOne) {
  const Dataset data = small_set();
  const auto weights = [&](const std::vector<std::uint64_t>& calls) {
    Module model("dense(5) | tanh | dense(4)", data.sample);
    model.initialise(3);
    const Loss loss("cross_entropy");
    Optimizer optimizer(model.params(), Chain("adam | lr(0.01)"));
    Trainer trainer(model, loss, optimizer, data, {.batch = 8});
    for (const std::uint64_t n : calls) {
      for ([[maybe_unused]] const Report& r : trainer.run(epochs(n))) {
      }
    }
    std::vector<float> out;
    for (const Parameter& p : model.params())
      out.insert(out.end(), p.value<float>().begin(), p.value<float>().end());
    return out;
  };
  EXPECT_EQ(weights({5, 10}), weights({10}));  // a length counts from the very first update
}

TEST(Accumulate, TakesTheMemoryOfOneBatch) {
  const Dataset data = small_set();
  Module model("dense(64) | relu | dense(4)", data.sample);
  const Loss loss("cross_entropy");
  Optimizer optimizer(model.params(), Chain("sgd(lr=0.1)"));
  Trainer large(model, loss, optimizer, data, {.batch = 32});
  Trainer small(model, loss, optimizer, data, {.batch = 4, .accumulate = 8});
  EXPECT_LT(2 * small.activation_bytes(), large.activation_bytes());
}

TEST(Trainer, PartsOfTheModelChangeNoBit) {
  const Trained whole = train("adam | lr(0.01)", {.batch = 12}, 20);
  for (const int parts : {2, 3}) {
    const Trained got = train("adam | lr(0.01)", {.batch = 12, .checkpoint = parts}, 20);
    EXPECT_EQ(got.weights, whole.weights);
    EXPECT_EQ(got.losses, whole.losses);
  }
}

TEST(Trainer, ChunksAreTheBatchToRounding) {
  const Trained whole = train("adam | lr(0.01)", {.batch = 12}, 20);
  const Trained got = train("adam | lr(0.01)", {.batch = 12, .chunk = 5}, 20);
  EXPECT_EQ(got.samples, whole.samples);
  for (std::size_t i = 0; i < whole.weights.size(); ++i) EXPECT_NEAR(got.weights[i], whole.weights[i], 1e-5);
}

TEST(Trainer, PartsAndChunksTakeLessMemory) {
  const Dataset data = small_set();
  Module model("repeat(8, dense(64) | tanh) | dense(4)", data.sample);
  const Loss loss("cross_entropy");
  Optimizer optimizer(model.params(), Chain("sgd(lr=0.1)"));
  const auto bytes = [&](const TrainerOptions& options) {
    return Trainer(model, loss, optimizer, data, options).activation_bytes();
  };
  const std::uint64_t whole = bytes({.batch = 32});
  EXPECT_LT(bytes({.batch = 32, .checkpoint = 4}), whole);
  EXPECT_LT(2 * bytes({.batch = 32, .chunk = 8}), whole);
}

TEST(Trainer, WithReplacementEveryBatchIsFull) {
  const Trained got = train("sgd(lr=0.1)", {.batch = 10, .order = Order::replacement}, 8);
  EXPECT_EQ(got.samples, std::vector<std::uint64_t>(8, 10));
}

TEST(Trainer, WhatHasNoTargetsCannotBeEvaluated) {
  const Dataset data = small_set();
  Module model("dense(4)", data.sample);
  const Loss loss("cross_entropy");
  Optimizer optimizer(model.params(), Chain("sgd(lr=0.1)"));
  Trainer trainer(model, loss, optimizer, data, {.batch = 4});
  Samples unknown = data.train;
  unknown.labels.clear();
  error_of(Code::data, [&] { trainer.evaluate(unknown); });
  error_of(Code::data, [&] { trainer.evaluate(data.test); });
}

// What would be read past its end, or belong to no sample.
TEST(Trainer, TargetsAreOnePerSampleInEveryPart) {
  const Dataset whole = small_set();  // 37 samples
  const Loss loss("cross_entropy");
  const auto refused = [&](const Dataset& data) {
    Module model("dense(4)", whole.sample);
    Optimizer optimizer(model.params(), Chain("sgd(lr=0.1)"));
    return usage_error([&] { Trainer(model, loss, optimizer, data, {.batch = 4}); });
  };
  for (const std::size_t n : {1u, 36u, 38u}) {
    Dataset data = whole;
    data.train.labels.resize(n);
    EXPECT_EQ(refused(data),
              "data, training part: labels are not one per sample; got " + std::to_string(n) + "; want 37");
    data = whole;
    data.held_out = whole.train;
    data.held_out.weights.assign(n, 1.0);
    EXPECT_EQ(refused(data),
              "data, held-out part: weights are not one per sample; got " + std::to_string(n) + "; want 37");
    data = whole;
    data.test = whole.train;
    data.test.rows.resize(n);
    EXPECT_EQ(refused(data),
              "data, test part: row numbers are not one per sample; got " + std::to_string(n) + "; want 37");
  }
  Dataset balanced = whole;
  balanced.train.labels.resize(5);
  Module model("dense(4)", whole.sample);
  Optimizer optimizer(model.params(), Chain("sgd(lr=0.1)"));
  const Loss weighed("cross_entropy(weight=balanced)");
  usage_error([&] { Trainer(model, weighed, optimizer, balanced, {.batch = 4}); });

  Trainer trainer(model, loss, optimizer, whole, {.batch = 4});
  Samples other = whole.train;
  other.labels.resize(10);
  EXPECT_EQ(usage_error([&] { trainer.evaluate(other); }),
            "evaluation: labels are not one per sample; got 10; want 37");
  usage_error([&] { other.subset(std::vector<std::uint32_t>{36}); });
}

TEST(Trainer, ValuesAreAsManyAsColumnsForEachSample) {
  Dataset data = small_set();
  data.classes = 0;
  data.columns = 2;
  data.train.labels.clear();
  Module model("dense(2)", data.sample);
  const Loss loss("mse");
  Optimizer optimizer(model.params(), Chain("sgd(lr=0.1)"));
  for (const std::size_t n : {1u, 37u, 73u, 75u}) {
    data.train.values.assign(n, 0.5);
    EXPECT_EQ(
        usage_error([&] { Trainer(model, loss, optimizer, data, {.batch = 4}); }),
        "data, training part: values are not one per sample x 2; got " + std::to_string(n) + "; want 74");
  }
  data.train.values.assign(74, 0.5);
  Trainer trainer(model, loss, optimizer, data, {.batch = 4});
  EXPECT_EQ(trainer.evaluate(data.train).samples, 37u);
  Samples other = data.train;
  other.values.resize(37);
  usage_error([&] { trainer.evaluate(other); });
}

TEST(Trainer, SomeSamplesStandForAllOfAPeriodicFile) {
  constexpr std::size_t kSamples = 1000, kDrawn = 200;
  Dataset data;
  data.sample = {1};
  data.classes = 2;
  data.train.assign(1, std::vector<float>(kSamples, 0.0f));
  for (std::size_t i = 0; i < kSamples; ++i) data.train.labels.push_back(i % 5 == 0 ? 1 : 0);
  Module model("dense(2, bias_init=zeros)", data.sample);  // says the first class of everything
  const Loss loss("cross_entropy");
  Optimizer optimizer(model.params(), Chain("sgd(lr=0.1)"));
  Trainer trainer(model, loss, optimizer, data, {.batch = 10});
  const Evaluation all = trainer.evaluate(data.train), some = trainer.evaluate(data.train, {}, kDrawn);
  EXPECT_EQ(all.samples, kSamples);
  EXPECT_EQ(all.of, 0u);
  EXPECT_DOUBLE_EQ(all.accuracy, 0.8);
  EXPECT_EQ(some.samples, kDrawn);
  EXPECT_EQ(some.of, kSamples);
  EXPECT_NEAR(some.accuracy, 0.8, 0.08);  // three standard errors
  EXPECT_EQ(some.accuracy, trainer.evaluate(data.train, {}, kDrawn).accuracy);
  EXPECT_TRUE(some.text().ends_with("over 200 of 1000 samples")) << some.text();
  EXPECT_EQ(trainer.evaluate(data.train, {}, kSamples).of, 0u);
}

// One update of `dense` on all samples by the definition: mixed inputs, and as targets the shares of both.
struct ByHand {
  double loss = 0;
  std::vector<double> weight_gradient, bias_gradient;
};

ByHand mixed_by_hand(const Dataset& data, const Params& params, std::uint64_t seed) {
  const std::size_t n = data.train.size(), inputs = data.train.features(), classes = data.classes;
  std::vector<std::uint32_t> rows(n);
  for (std::uint32_t i = 0; i < n; ++i) rows[i] = i;
  std::vector<float> x(n * inputs);
  data.train.gather(rows, x);
  Team team(1);
  Augmenter augmenter(data.augment, data.image, 0);
  const Mixing& mixing = augmenter.apply(seed, 0, x, n, team);
  ByHand out;
  out.weight_gradient.resize(inputs * classes);
  out.bias_gradient.resize(classes);
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> target(classes), p(classes);
    target[data.train.labels[i]] += mixing.share;
    target[data.train.labels[mixing.partners[i]]] += 1 - mixing.share;
    double sum = 0;
    for (std::size_t k = 0; k < classes; ++k) {
      p[k] = params[1].value<float>()[k];
      for (std::size_t j = 0; j < inputs; ++j)
        p[k] += double{x[i * inputs + j]} * params[0].value<float>()[j * classes + k];
      sum += p[k] = std::exp(p[k]);
    }
    for (std::size_t k = 0; k < classes; ++k) {
      out.loss -= target[k] * std::log(p[k] / sum) / static_cast<double>(n);
      const double slope = (p[k] / sum - target[k]) / static_cast<double>(n);
      out.bias_gradient[k] += slope;
      for (std::size_t j = 0; j < inputs; ++j)
        out.weight_gradient[j * classes + k] += slope * x[i * inputs + j];
    }
  }
  return out;
}

TEST(Augmentation, MixedClassesAreSharesInTheLossAndItsGradient) {
  Dataset data = small_set();
  data.augment = "mixup(1)";
  Module model("dense(4)", data.sample);
  model.initialise(3);
  const ByHand want = mixed_by_hand(data, model.params(), 5);
  std::vector<std::vector<float>> before;
  for (const Parameter& p : model.params())
    before.emplace_back(p.value<float>().begin(), p.value<float>().end());
  const Loss loss("cross_entropy");
  Optimizer optimizer(model.params(), Chain("lr(1)"));
  Trainer trainer(model, loss, optimizer, data, {.batch = 0, .seed = 5});
  EXPECT_NEAR(trainer.step().loss, want.loss, 1e-6);
  for (std::size_t i = 0; i < want.weight_gradient.size(); ++i)
    EXPECT_NEAR(before[0][i] - model.params()[0].value<float>()[i], want.weight_gradient[i], 1e-6);
  for (std::size_t i = 0; i < want.bias_gradient.size(); ++i)
    EXPECT_NEAR(before[1][i] - model.params()[1].value<float>()[i], want.bias_gradient[i], 1e-6);
}

// Values are mixed themselves: a target that is one number for all stays it, whatever is mixed.
TEST(Augmentation, MixedValuesAreSharesOfBoth) {
  Dataset data = small_set();
  data.classes = 0;
  data.columns = 2;
  data.target_scaling.resize(2);
  for (std::size_t i = 0; i < data.train.size(); ++i) {
    data.train.values.push_back(3);
    data.train.values.push_back(data.train.labels[i]);
  }
  data.train.labels.clear();
  data.augment = "mixup(1)";
  Module model("dense(2)", data.sample);
  for (Parameter& p : model.params()) std::ranges::fill(p.value<float>(), 0.0f);
  const Loss loss("mae");
  Optimizer optimizer(model.params(), Chain("lr(0)"));
  Trainer trainer(model, loss, optimizer, data, {.batch = 0});
  double mean = 0;  // mixing by a permutation keeps it
  for (std::size_t i = 0; i < data.train.size(); ++i) mean += data.train.values[2 * i + 1];
  EXPECT_NEAR(trainer.step().loss, (3 + mean / static_cast<double>(data.train.size())) / 2, 1e-6);
}

TEST(Augmentation, ImagesMustFitTheSamples) {
  Dataset data = small_set();
  Module model("dense(4)", data.sample);
  const Loss loss("cross_entropy");
  Optimizer optimizer(model.params(), Chain("lr(0)"));
  for (const Shape& image : {Shape{3}, Shape{1, 2, 2}, Shape{1, 3}}) {
    data.image = image;
    error_of(Code::usage, [&] { Trainer(model, loss, optimizer, data, {.batch = 4}); });
  }
  data.image = {1, 1, 3};
  data.augment = "flip(1)";
  Trainer(model, loss, optimizer, data, {.batch = 4}).step();
}

struct Weights {
  std::vector<float> numbers;
  double loss = 0;  // of the held-out part
};

Weights train_on(const std::string& source, const TrainerOptions& options, std::uint64_t updates) {
  const Dataset data = load_dataset(source, 1);
  Module model("dense(10)", data.sample);
  model.initialise(3);
  const Loss loss("cross_entropy");
  Optimizer optimizer(model.params(), Chain("adam(lr=0.01)"), {.threads = options.threads});
  Trainer trainer(model, loss, optimizer, data, options);
  for (std::uint64_t i = 0; i < updates; ++i) trainer.step();
  Weights out;
  for (const Parameter& p : model.params())
    out.numbers.insert(out.numbers.end(), p.value<float>().begin(), p.value<float>().end());
  out.loss = trainer.evaluate(data.test).loss;
  return out;
}

TEST(Augmentation, AnyNumberOfThreadsTrainsTheSameAndEvaluationSeesTheSamplesAsTheyAre) {
  for (const std::string text : {"shift(1) | noise(0.1)", "crop(6) | flip(0.1) | cutout(2) | mixup(0.4)"}) {
    const std::string source = "digits | " + text;
    const Weights one = train_on(source, {.batch = 100, .threads = 1}, 20);
    EXPECT_EQ(train_on(source, {.batch = 100, .threads = 2}, 20).numbers, one.numbers) << text;
    EXPECT_EQ(train_on(source, {.batch = 100, .threads = 3}, 20).numbers, one.numbers) << text;
    EXPECT_NE(train_on("digits", {.batch = 100}, 20).numbers, one.numbers) << text;
    EXPECT_EQ(train_on(source, {.batch = 100}, 0).loss, train_on("digits", {.batch = 100}, 0).loss) << text;
  }
}

// What is drawn for a sample is of its place in the run, whatever batches it comes in.
TEST(Augmentation, AccumulatedBatchesAreTheLargeOne) {
  const std::string source = "digits | shift(1) | noise(0.1)";
  const Weights whole = train_on(source, {.batch = 120}, 20);
  const Weights parts = train_on(source, {.batch = 40, .accumulate = 3}, 20);
  for (std::size_t i = 0; i < whole.numbers.size(); ++i)
    EXPECT_NEAR(parts.numbers[i], whole.numbers[i], 1e-5 + 1e-3 * std::fabs(whole.numbers[i])) << i;
}

}  // namespace
}  // namespace thalweg
