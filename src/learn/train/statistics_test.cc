// What batch_norm keeps under averaged weights. The numbers are of torch 2.13 in double: AveragedModel and
// update_bn of torch.optim.swa_utils over two epochs of SGD.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "data/test_files.h"
#include "thalweg/trainer.h"
#include "train/trial.h"

namespace thalweg {
namespace {

using Numbers = std::vector<double>;

// 13 samples of 3 numbers, of 2 classes: batches of 5, 5 and 3.
Dataset thirteen() {
  Dataset data;
  data.sample = {3};
  data.classes = 2;
  std::vector<float> inputs;
  for (int k = 0; k < 39; ++k) inputs.push_back(static_cast<float>(std::sin(7 * k)));
  data.train.assign(3, inputs);
  data.test.assign(3, std::vector<float>());
  for (std::size_t i = 0; i < 13; ++i) data.train.labels.push_back(inputs[3 * i] > 0 ? 1 : 0);
  return data;
}

Module network(const std::string& text =
                   "dense(4) | batch_norm | tanh | dense(3) | batch_norm(momentum=0.3, "
                   "eps=1e-3) | dense(2)") {
  Module model(text, {3});
  model.initialise(1);
  for (const auto& [name, at] :
       {std::pair("dense1.weight", 1), {"dense2.weight", 20}, {"dense3.weight", 40}}) {
    Parameter* const weight = model.params().find(name);
    if (weight == nullptr) continue;
    for (std::size_t i = 0; i < weight->size(); ++i)
      weight->value<float>()[i] = static_cast<float>(0.5 * std::sin(at + static_cast<double>(i)));
  }
  return model;
}

constexpr TrainerOptions kInFives{.batch = 5, .order = Order::file};

struct Training {
  explicit Training(const std::string& chain, const TrainerOptions& options = kInFives,
                    Dataset of = thirteen(), Module model = network())
      : data(std::move(of)),
        trial(std::move(model), Loss("cross_entropy"), Chain(chain), data, options, epochs(2)) {}

  Numbers values(const std::string& name) {
    const std::span<const float> value = trial.model().params().find(name)->value<float>();
    return {value.begin(), value.end()};
  }
  std::vector<float> all() {
    std::vector<float> out;
    for (const Parameter& p : trial.model().params())
      out.insert(out.end(), p.value<float>().begin(), p.value<float>().end());
    return out;
  }

  Dataset data;
  Trial trial;
};

void expect_near(const Numbers& got, const Numbers& want) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(got[i], want[i], 2e-6) << i;
}

struct OfTorch {
  const char* landing;
  std::size_t batches;
  Numbers mean1, variance1, mean2, variance2;
};

const OfTorch kOfTorch[] = {
    {"average(form=mean)",
     0,
     {-0.033858173, -0.035716738, 0.025898819, -0.02436606},
     {0.165727438, 0.219699335, 0.313869789, 0.148919585},
     {0.069402377, 0.132012614, 0.049248796},
     {0.054865647, 0.596679535, 0.211993572}},
    {"average(form=mean)",
     2,
     {-0.045246158, -0.056524565, 0.028034156, -0.029678058},
     {0.154948441, 0.210457721, 0.278665663, 0.134480049},
     {0.041281901, 0.128195463, 0.0605974},
     {0.048823438, 0.573156138, 0.188115892}},
    {"average(decay=0.75)",
     0,
     {-0.028481454, -0.033604055, 0.022251792, -0.018316949},
     {0.118602332, 0.209637038, 0.276923424, 0.106509096},
     {0.07311555, 0.136442638, 0.049458968},
     {0.042016966, 0.531765106, 0.225298692}},
    {"average(decay=0.75)",
     2,
     {-0.037980148, -0.053718771, 0.023117605, -0.021413899},
     {0.110770183, 0.200090197, 0.245214726, 0.095395835},
     {0.042038417, 0.122446337, 0.055802298},
     {0.035007418, 0.513734207, 0.201031598}},
};

TEST(Statistics, UnderAveragesAreThoseOfTorch) {
  for (const OfTorch& want : kOfTorch) {
    SCOPED_TRACE(std::string(want.landing) + " of " + std::to_string(want.batches));
    TrainerOptions options = kInFives;
    options.statistics_batches = want.batches;
    Training training(std::string("lr(0.5) | ") + want.landing, options);
    ASSERT_TRUE(training.trial.train());
    const std::vector<float> raw = training.all();
    const Numbers raw_mean = {-0.010253841, -0.015015038, 0.006543663, -0.005686414};
    expect_near(training.values("batch_norm1.running_mean"), raw_mean);
    expect_near(training.values("batch_norm2.running_variance"), {0.233109454, 0.728947121, 0.352114348});
    {
      const Averaged averaged = training.trial.trainer().averaged();
      expect_near(training.values("batch_norm1.running_mean"), want.mean1);
      expect_near(training.values("batch_norm1.running_variance"), want.variance1);
      expect_near(training.values("batch_norm2.running_mean"), want.mean2);
      expect_near(training.values("batch_norm2.running_variance"), want.variance2);
    }
    EXPECT_EQ(training.all(), raw);
  }
}

TEST(Statistics, AreWhatAveragesAreEvaluatedWith) {
  Training mean("lr(0.5) | average(form=mean)"), ema("lr(0.5) | average(decay=0.75)"), raw("lr(0.5)");
  for (Training* training : {&mean, &ema, &raw}) ASSERT_TRUE(training->trial.train());
  const Evaluation of_mean = *mean.trial.evaluate(mean.data.train);
  EXPECT_NEAR(of_mean.loss, 0.25609272967895624, 2e-6);
  EXPECT_NEAR(of_mean.accuracy, 12.0 / 13, 1e-12);
  EXPECT_NEAR(ema.trial.evaluate(ema.data.train)->loss, 0.2526632195171991, 2e-6);
  EXPECT_NEAR(raw.trial.evaluate(raw.data.train)->loss, 0.23352217819611099, 2e-6);
  EXPECT_FALSE(raw.trial.trainer().averaged().any());
}

// Dropout draws its own, samples are shuffled, inputs have noise; threads differ.
TEST(Statistics, DisturbNoTrainingAndAreTheSameForAnyThreads) {
  const std::string text = "dense(4) | batch_norm | relu | dropout(0.3) | dense(3) | batch_norm | dense(2)";
  std::vector<float> wanted, lent;
  for (const int threads : {1, 2, 5}) {
    TrainerOptions options{.batch = 4, .order = Order::replacement, .seed = 9, .threads = threads};
    Dataset data = thirteen();
    data.augment = "noise(0.1)";
    Training quiet("adam | lr(0.01) | schedule_free", options, data, network(text));
    Training looked_at("adam | lr(0.01) | schedule_free", options, data, network(text));
    for (int k = 0; k < 6; ++k) {
      ASSERT_TRUE(quiet.trial.step() && looked_at.trial.step());
      const Averaged first = looked_at.trial.trainer().averaged();
      const std::vector<float> once = looked_at.all();
      if (k == 5 && lent.empty()) lent = once;
      if (k < 5) continue;
      EXPECT_EQ(once, lent) << threads;
    }
    ASSERT_EQ(looked_at.all(), quiet.all()) << threads;
    if (wanted.empty()) wanted = quiet.all();
    EXPECT_EQ(quiet.all(), wanted) << threads;
  }
}

// The first layer meets the images themselves: its statistics do not depend on any weights, and augmentations
// are not among them.
TEST(Statistics, OfImagesAreMeansOverBatchesOfThemAsTheyAre) {
  constexpr std::size_t kImages = 7, kChannels = 2, kPixels = 12;
  Dataset data;
  data.sample = {static_cast<std::int64_t>(kChannels * kPixels)};
  data.image = {kChannels, 3, 4};
  data.classes = 2;
  data.augment = "flip(0.5) | cutout(2) | noise(0.5)";
  std::vector<float> inputs;
  for (std::size_t k = 0; k < kImages * kChannels * kPixels; ++k)
    inputs.push_back(
        static_cast<float>(std::cos(3.0 * static_cast<double>(k)) + 0.1 * static_cast<double>(k % 5)));
  data.train.assign(kChannels * kPixels, inputs);
  data.test.assign(kChannels * kPixels, std::vector<float>());
  data.train.labels = {0, 1, 0, 1, 1, 0, 0};
  Numbers means(kChannels), variances(kChannels);
  constexpr std::size_t kBatch = 3;  // 3, 3 and 1
  for (std::size_t begin = 0; begin < kImages; begin += kBatch) {
    for (std::size_t c = 0; c < kChannels; ++c) {
      Numbers x;
      for (std::size_t i = begin; i < std::min(kImages, begin + kBatch); ++i)
        for (std::size_t p = 0; p < kPixels; ++p) x.push_back(inputs[(i * kChannels + c) * kPixels + p]);
      double mean = 0, squares = 0;
      for (const double each : x) mean += each / static_cast<double>(x.size());
      for (const double each : x) squares += (each - mean) * (each - mean);
      means[c] += mean / 3;
      variances[c] += squares / static_cast<double>(x.size() - 1) / 3;
    }
  }
  Training training(
      "lr(0.1) | lookahead(k=2)", {.batch = kBatch, .order = Order::file}, data,
      make_model("batch_norm(affine=false) | conv2d(3, 2) | batch_norm | relu | flatten | dense(2)",
                 data.image, 4));
  ASSERT_TRUE(training.trial.train());
  const Averaged averaged = training.trial.trainer().averaged();
  ASSERT_TRUE(averaged.any());
  expect_near(training.values("batch_norm1.running_mean"), means);
  expect_near(training.values("batch_norm1.running_variance"), variances);
}

// Before the first update the averages are the weights, and all is as it was.
TEST(Statistics, StayWhereThereIsNothingToAverage) {
  Training fresh("lr(0.5) | average"), plain("lr(0.5)");
  const std::vector<float> before = fresh.all();
  EXPECT_FALSE(fresh.trial.trainer().averaged().any());
  EXPECT_EQ(fresh.all(), before);
  ASSERT_TRUE(plain.trial.train());
  const std::vector<float> trained = plain.all();
  const Averaged none = plain.trial.trainer().averaged();
  EXPECT_EQ(plain.all(), trained);
}

}  // namespace
}  // namespace thalweg
