// The weights that a run begins with, where they are those of a file.
#include <gtest/gtest.h>

#include <cmath>

#include "run/test_run.h"
#include "safetensors/safetensors.h"
#include "thalweg/checkpoint.h"

namespace thalweg {
namespace {

template <class T>
StoredTensor tensor(const std::vector<T>& values, Shape shape) {
  return {sizeof(T) == 4 ? ElementType::f32 : ElementType::f64, std::move(shape),
          std::as_bytes(std::span(values))};
}

class InitialWeights : public RunTest {
 protected:
  // Of dense(3) on two inputs and one more layer.
  RunConfig config() const {
    replace_file(path("table.csv"), "u,v,t\n1,2,3\n2,1,5\n3,5,1\n4,4,2\n5,3,7\n");
    RunConfig config;
    config.data = "csv(" + path("table.csv").string() + ")";
    config.model = "dense(3) | relu | dense(1)";
    config.optimizer = "gd(lr=0)";
    config.epochs = 1;
    config.keeping.init = path("init.safetensors").string();
    return config;
  }
  StoredTensors good() const {
    return {{"dense1.weight", tensor(first_, {3, 2})},
            {"dense1.bias", tensor(bias_, {3})},
            {"dense2.weight", tensor(last_, {1, 3})},
            {"dense2.bias", tensor(end_, {1})}};
  }
  void write(const StoredTensors& tensors) const { write_safetensors(path("init.safetensors"), tensors, {}); }

  // What the run begins with.
  std::vector<float> begins(const char* name) const {
    fs::remove_all(path());
    Training run = Training::create(config(), path());
    const std::span<const float> value = run.params().find(name)->value<float>();
    return {value.begin(), value.end()};
  }
  std::string refused(const StoredTensors& tensors) const {
    write(tensors);
    try {
      begins("dense1.bias");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::data);
      EXPECT_FALSE(fs::exists(path()));
      return error.what();
    }
    ADD_FAILURE() << "no error";
    return "";
  }

  const std::vector<float> first_ = {1, 2, 3, 4, 5, 6}, bias_ = {7, 8, 9}, last_ = {10, 11, 12}, end_ = {13};
};

// A weight of torch is {outputs, inputs}, ours {inputs, outputs}.
TEST_F(InitialWeights, AreOrderedAsTorchDoes) {
  write(good());
  EXPECT_EQ(begins("dense1.weight"), (std::vector<float>{1, 3, 5, 2, 4, 6}));
  EXPECT_EQ(begins("dense1.bias"), bias_);
  EXPECT_EQ(begins("dense2.weight"), last_);
  EXPECT_EQ(begins("dense2.bias"), end_);
}

TEST_F(InitialWeights, MayBeInDoubleOrInOurOrderWhereOnlyThatFits) {
  StoredTensors tensors = good();
  const std::vector<double> doubles = {0.1, 0.2, 0.3};
  tensors["dense1.bias"] = tensor(doubles, {3});
  tensors["dense1.weight"] = tensor(first_, {2, 3});
  write(tensors);
  EXPECT_EQ(begins("dense1.bias"), (std::vector<float>{0.1f, 0.2f, 0.3f}));
  EXPECT_EQ(begins("dense1.weight"), first_);
}

TEST_F(InitialWeights, MayBeACheckpoint) {
  write(good());
  RunConfig first = config();
  first.optimizer = "gd(lr=0.01)";
  {
    Training run = Training::create(first, path("first"));
    advance(run, UINT64_MAX);
    run.finish();
    RunConfig next = config();
    next.keeping.init = checkpoint(run.updates(), "first").string();
    Training second = Training::create(next, path("second"));
    for (std::size_t i = 0; i < run.params().size(); ++i) {
      EXPECT_TRUE(std::ranges::equal(run.params()[i].value<float>(), second.params()[i].value<float>()));
    }
  }
}

TEST_F(InitialWeights, OfAnotherModelAreRefusedWithNothingMade) {
  StoredTensors tensors = good();
  tensors.erase("dense2.bias");
  EXPECT_TRUE(has(refused(tensors), "`dense2.bias`"));
  tensors = good();
  tensors.emplace("dense3.bias", tensor(end_, {1}));
  EXPECT_TRUE(has(refused(tensors), "`dense3.bias`"));
  tensors = good();
  tensors["dense1.weight"] = tensor(first_, {6});
  EXPECT_TRUE(has(refused(tensors), "3x2"));
  tensors = good();
  const std::vector<float> bad = {1, NAN, 3};
  tensors["dense1.bias"] = tensor(bad, {3});
  EXPECT_TRUE(has(refused(tensors), "not finite"));
  const std::vector<double> huge = {1, 1e300, 3};
  tensors["dense1.bias"] = tensor(huge, {3});
  EXPECT_TRUE(has(refused(tensors), "not finite"));
  tensors["dense1.bias"] = {ElementType::i32, {3}, std::as_bytes(std::span(bias_))};
  EXPECT_TRUE(has(refused(tensors), "I32"));
  replace_file(path("init.safetensors"), "no tensors");
  EXPECT_THROW(begins("dense1.bias"), Error);
  fs::remove(path("init.safetensors"));
  EXPECT_THROW(begins("dense1.bias"), Error);
}

// It goes on from its checkpoint; from the file only where it has none.
TEST_F(InitialWeights, AreNotNeededToGoOn) {
  write(good());
  const auto made = [&](bool saves) {
    fs::remove_all(path());
    Training run = Training::create(config(), path());
    if (saves) run.save();
  };
  made(true);
  fs::rename(path("init.safetensors"), path("moved"));
  EXPECT_EQ(Training::resume(path()).params().find("dense1.bias")->value<float>()[0], 7);
  fs::rename(path("moved"), path("init.safetensors"));
  made(false);
  EXPECT_EQ(Training::resume(path()).params().find("dense1.bias")->value<float>()[0], 7);
}

TEST_F(InitialWeights, AreASettingWithAnAbsolutePath) {
  RunSettings settings;
  settings.set("init", "w.safetensors");
  EXPECT_EQ(settings.config().keeping.init, fs::absolute("w.safetensors").string());
  settings.set("init", "drawn");
  EXPECT_EQ(settings.config().keeping.init, "");
}

}  // namespace
}  // namespace thalweg
