// What every network obeys, however it is put together: small random ones, trained for 20 updates.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <cstring>
#include <string>

#include "thalweg/trainer.h"

namespace thalweg {
namespace {

constexpr std::uint64_t kUpdates = 20;

std::string one_of(const std::vector<std::string>& texts) { return *rc::gen::elementOf(texts); }
std::string number(int low, int high) { return std::to_string(*rc::gen::inRange(low, high + 1)); }

// What a network may be made of: layers with smooth gradients; also those whose gradient jumps, so that the
// last digit of a number can decide on which side it is; also those that see how a batch is split.
enum class Parts { smooth, sharp, all };

std::string activation(Parts parts) {
  std::vector<std::string> texts = {"elu", "tanh", "sigmoid", "gelu", "silu", "mish", "softplus"};
  if (parts != Parts::smooth) texts.insert(texts.end(), {"relu", "relu6", "leaky_relu", "selu"});
  return one_of(texts);
}

// Layers that keep a shape, of so many channels. Normalisation is of 9 numbers or more: of two it is a step,
// which makes much of the last digit.
std::string keeping(Parts parts, bool image, const std::string& channels, int depth) {
  const std::string all = image ? "(axes=3)" : "";
  std::vector<std::string> texts = {activation(parts), activation(parts), "layer_norm" + all,
                                    "rms_norm" + all, "group_norm(1)"};
  if (parts == Parts::all) texts.insert(texts.end(), {"batch_norm", "dropout(0.3)"});
  if (depth > 0) {
    const std::string inner = keeping(parts, image, channels, depth - 1);
    const std::string layer = image ? "conv2d(" + channels + ", 3, padding=1)" : "dense(" + channels + ")";
    texts.push_back("residual(" + layer + " | " + inner + ")");
    texts.push_back("repeat(2, " + layer + " | " + inner + ")");
  }
  return one_of(texts);
}

// A model of four outputs for images of 7 x 6, or for rows of numbers.
std::string architecture(Parts parts, bool image) {
  std::string text;
  const auto then = [&](const std::string& layer) { text += (text.empty() ? "" : " | ") + layer; };
  for (int i = image ? *rc::gen::inRange(1, 3) : 0; i > 0; --i) {
    const std::string channels = one_of({"3", "8", "17"});
    then("conv2d(" + channels + ", " + number(1, 3) + ", padding=same, stride=" + number(1, 2) + ")");
    then(keeping(parts, true, channels, 1));
    if (i == 1)
      then(parts == Parts::smooth ? "avg_pool(2)" : one_of({"avg_pool(2)", "max_pool(2, padding=1)"}));
  }
  if (image && parts != Parts::smooth) then(one_of({"flatten", "global_pool", "global_pool(form=max)"}));
  if (image && parts == Parts::smooth) then(one_of({"flatten", "global_pool"}));
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) {
    const std::string units = one_of({"9", "24", "64", "300"});
    then("dense(" + units + ")");
    then(keeping(parts, false, units, 1));
  }
  then("dense(4)");
  return text;
}

Dataset samples(bool image) {
  constexpr std::size_t kSize = 101, kNumbers = 2 * 7 * 6;
  Dataset data;
  data.classes = 4;
  data.sample = {static_cast<std::int64_t>(kNumbers)};
  if (image) data.image = {2, 7, 6};
  std::vector<float> inputs;
  for (std::size_t i = 0; i < kNumbers * kSize; ++i) inputs.push_back(std::sin(static_cast<float>(7 * i)));
  data.train.assign(kNumbers, inputs);
  data.test.assign(kNumbers, std::vector<float>());
  for (std::size_t i = 0; i < kSize; ++i) {
    data.train.labels.push_back(static_cast<std::int32_t>(i % 4));
    data.train.rows.push_back(static_cast<std::uint32_t>(i));
  }
  return data;
}

struct Trained {
  std::vector<float> weights, losses;
  std::vector<float> start;  // weights that the training began with
};

Trained train(const std::string& text, bool image, const std::string& chain, const TrainerOptions& options,
              std::uint64_t count = kUpdates) {
  const Dataset data = samples(image);
  Module model(text, image ? data.image : data.sample);
  model.initialise(3);
  Trained out;
  const auto copy = [&](std::vector<float>& to) {
    for (const Parameter& p : model.params())
      to.insert(to.end(), p.value<float>().begin(), p.value<float>().end());
  };
  copy(out.start);
  const Loss loss("cross_entropy");
  Optimizer optimizer(model.params(), Chain(chain), {.threads = options.threads});
  Trainer trainer(model, loss, optimizer, data, options);
  for (const Report& r : trainer.run(updates(count))) out.losses.push_back(static_cast<float>(r.loss));
  copy(out.weights);
  return out;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

TEST(Architectures, AnyNumberOfThreadsGivesTheSameBits) {
  const bool holds = rc::check([] {
    const bool image = *rc::gen::arbitrary<bool>();
    const std::string text = architecture(Parts::all, image);
    RC_LOG(text);
    const std::size_t batch = *rc::gen::element<std::size_t>(5, 16, 50),
                      parts = *rc::gen::inRange<std::size_t>(1, 3);
    const auto run = [&](int threads) {
      return train(text, image, "clip_norm(1) | adamw(lr=0.01)",
                   {.batch = batch, .accumulate = parts, .threads = threads});
    };
    const Trained one = run(1);
    for (const int threads : {2, 3, 7}) {
      const Trained many = run(threads);
      RC_ASSERT(same_bits(many.losses, one.losses));
      RC_ASSERT(same_bits(many.weights, one.weights));
    }
  });
  EXPECT_TRUE(holds);
}

double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sum += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
  return std::sqrt(sum);
}

// Updates of 24 samples at once, in 2 parts and in 4.
void expect_parts_are_the_batch(Parts layers, std::uint64_t count) {
  const bool holds = rc::check([&] {
    const bool image = *rc::gen::arbitrary<bool>();
    const std::string text = architecture(layers, image);
    RC_LOG(text);
    const auto run = [&](std::size_t parts) {
      return train(text, image, "momentum(0.5) | lr(0.01)", {.batch = 24 / parts, .accumulate = parts},
                   count);
    };
    const Trained whole = run(1);
    const double moved = distance(whole.weights, whole.start);
    RC_ASSERT(moved > 0);
    for (const std::size_t parts : {2, 4}) {
      const Trained split = run(parts);
      for (std::size_t i = 0; i < count; ++i)
        RC_ASSERT(std::abs(split.losses[i] - whole.losses[i]) <= 1e-4f * std::abs(whole.losses[i]));
      RC_ASSERT(distance(split.weights, whole.weights) <= 1e-3 * moved);
    }
  });
  EXPECT_TRUE(holds);
}

// The same but for the order in which gradients are added up; typically to 1e-6 of the way.
TEST(Architectures, AccumulatedPartsAreTheBatch) { expect_parts_are_the_batch(Parts::smooth, kUpdates); }

// One update: later ones may find a number on the other side of a jump.
TEST(Architectures, AccumulatedPartsAreTheBatchOfSharpLayersToo) {
  expect_parts_are_the_batch(Parts::sharp, 1);
}

}  // namespace
}  // namespace thalweg
