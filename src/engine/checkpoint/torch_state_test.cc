#include "thalweg/torch_state.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/test_error.h"
#include "base/test_folder.h"
#include "checkpoint/test_model.h"
#include "safetensors/safetensors.h"

namespace thalweg {
namespace {

using Numbers = std::vector<float>;

// A file in the making: tensors with memory of their own.
class File {
 public:
  template <class T>
  File& add(const std::string& name, ElementType type, const Shape& shape, const std::vector<T>& elements) {
    const std::span<const std::byte> bytes = std::as_bytes(std::span(elements));
    tensors_[name] = {type, shape, {bytes.begin(), bytes.end()}};
    return *this;
  }
  File& add(const std::string& name, const Numbers& elements) {
    return add(name, ElementType::f32, {static_cast<std::int64_t>(elements.size())}, elements);
  }
  File& step(const std::string& owner, float step) {
    return add("state." + owner + ".step", ElementType::f32, {}, Numbers{step});
  }
  std::vector<std::byte> bytes(const Metadata& metadata = {}) const {
    StoredTensors tensors;
    for (const auto& [name, own] : tensors_) tensors[name] = {own.type, own.shape, own.bytes};
    return safetensors_bytes(tensors, metadata);
  }

 private:
  struct Own {
    ElementType type;
    Shape shape;
    std::vector<std::byte> bytes;
  };
  std::map<std::string, Own> tensors_;
};

struct Tested {
  explicit Tested(const std::string& chain, const TestItems& items = {{"a.w", {2}}, {"b", {3}}})
      : model(items, chain, 1) {}

  LoadReport load(const File& file, const LoadOptions& options = {}, const Metadata& metadata = {}) {
    return load_torch_state(file.bytes(metadata), model.params, *model.optimizer, options);
  }
  std::string refusal(const File& file, const LoadOptions& options = {}) {
    const auto before = model.contents();
    const std::string message = error_of(Code::data, [&] { load(file, options); });
    EXPECT_EQ(model.contents(), before);
    return message;
  }
  Numbers state(const std::string& name) {
    for (const StateTensor& state : model.optimizer->state()) {
      const auto* begin = static_cast<const float*>(state.buffer.data);
      if (state.name == name) return {begin, begin + state.buffer.size()};
    }
    ADD_FAILURE() << "no " << name;
    return {};
  }
  std::uint64_t clock(std::size_t i) { return model.optimizer->clocks()[i]; }
  StoredTensors saved(TorchKeys keys = TorchKeys::index) {
    written = std::make_unique<Safetensors>("x", torch_state_bytes(model.params, *model.optimizer, keys));
    return written->tensors();
  }

  TestModel model;
  std::unique_ptr<Safetensors> written;
};

Numbers numbers(const StoredTensor& tensor) {
  Numbers out(tensor.bytes.size() / sizeof(float));
  std::memcpy(out.data(), tensor.bytes.data(), tensor.bytes.size());
  return out;
}

// For each rule: the keys of torch and the streams that they are.
struct Rule {
  const char* chain;
  std::vector<std::pair<std::string, std::string>> streams;
  bool steps = true;
};

const Rule kRules[] = {
    {"sgd(lr=0.1, momentum=0.9)", {{"momentum_buffer", "momentum.b"}}, false},
    {"adam(lr=0.1)", {{"exp_avg", "adam.m"}, {"exp_avg_sq", "adam.v"}}},
    {"adam(amsgrad=true, lr=0.1)",
     {{"exp_avg", "adam.m"}, {"exp_avg_sq", "adam.v"}, {"max_exp_avg_sq", "adam.vmax"}}},
    {"adamw(lr=0.1, decay=0.01)", {{"exp_avg", "adam.m"}, {"exp_avg_sq", "adam.v"}}},
    {"rmsprop(lr=0.1)", {{"square_avg", "rmsprop.v"}}},
    {"rmsprop(centered=true, momentum=0.9, lr=0.1)",
     {{"square_avg", "rmsprop.v"}, {"grad_avg", "rmsprop.m"}, {"momentum_buffer", "rmsprop.b"}}},
    {"adagrad(lr=0.1)", {{"sum", "adagrad.s"}}},
};

TEST(TorchState, OfEveryRuleIsReadAndWritten) {
  for (const Rule& rule : kRules) {
    SCOPED_TRACE(rule.chain);
    Tested tested(rule.chain);
    File file;
    float next = 1;
    for (const auto& [owner, size] : {std::pair{"0", 2}, std::pair{"1", 3}}) {
      for (const auto& [key, stream] : rule.streams) {
        Numbers elements;
        for (int i = 0; i < size; ++i) elements.push_back(next++);
        file.add(std::string("state.") + owner + "." + key, elements);
      }
      if (rule.steps) file.step(owner, 12);
    }
    const LoadReport report = tested.load(file, {}, {{"updates", "12"}});
    EXPECT_TRUE(report.fresh.empty() && report.dropped.empty());
    EXPECT_EQ(report.kept.size(), 2 * rule.streams.size());
    next = 1;
    for (const std::string owner : {"a.w", "b"}) {
      for (const auto& [key, stream] : rule.streams) {
        for (const float x : tested.state(owner + "/" + stream)) EXPECT_EQ(x, next++) << stream;
      }
    }
    EXPECT_EQ(tested.clock(0), 12u);
    EXPECT_EQ(tested.clock(1), 12u);
    EXPECT_EQ(tested.model.optimizer->updates(), 12u);
    const auto written = tested.saved();
    EXPECT_EQ(written.size(), 2 * (rule.streams.size() + (rule.steps ? 1 : 0)));
    EXPECT_EQ(written.contains("state.1.step"), rule.steps);
    EXPECT_TRUE(torch_state_bytes(tested.model.params, *tested.model.optimizer) ==
                file.bytes({{"updates", "12"}}));
    Tested again(rule.chain);
    load_torch_state(torch_state_bytes(tested.model.params, *tested.model.optimizer, TorchKeys::name),
                     again.model.params, *again.model.optimizer);
    EXPECT_EQ(again.state("b/" + rule.streams[0].second), tested.state("b/" + rule.streams[0].second));
    EXPECT_EQ(again.clock(1), 12u);
  }
}

File of_adam(const std::string& first, const std::string& second) {
  File file;
  file.add("state." + first + ".exp_avg", {1, 2}).add("state." + first + ".exp_avg_sq", {3, 4});
  file.add("state." + second + ".exp_avg", {5, 6, 7}).add("state." + second + ".exp_avg_sq", {8, 9, 10});
  return file.step(first, 3).step(second, 5);
}

TEST(TorchState, KeysAreNamesOrIndices) {
  for (const auto& [first, second] : {std::pair{"a.w", "b"}, std::pair{"0", "b"}, std::pair{"a.w", "1"}}) {
    Tested tested("adam(lr=0.1)");
    tested.load(of_adam(first, second));
    EXPECT_EQ(tested.state("a.w/adam.v"), (Numbers{3, 4}));
    EXPECT_EQ(tested.state("b/adam.m"), (Numbers{5, 6, 7}));
    EXPECT_EQ(tested.clock(0), 3u);
    EXPECT_EQ(tested.model.optimizer->updates(), 5u);  // the largest clock
    const auto written = tested.saved(TorchKeys::name);
    EXPECT_EQ(numbers(written.at("state.a.w.exp_avg")), (Numbers{1, 2}));
    EXPECT_EQ(numbers(written.at("state.b.step")), Numbers{5});
  }
}

TEST(TorchState, NamesMayBeRenamed) {
  Tested tested("adam(lr=0.1)");
  tested.load(of_adam("module.a.w", "module.b"), {.remap = {{"module.*", "*"}}});
  EXPECT_EQ(tested.state("b/adam.v"), (Numbers{8, 9, 10}));
  EXPECT_EQ(tested.clock(1), 5u);
}

TEST(TorchState, AStepIsAWholeNumberOfAnyType) {
  Tested tested("adagrad(lr=0.1)", {{"w", {1}}});
  const auto with = [&](ElementType type, const Shape& shape, const auto& step) {
    File file;
    return file.add("state.0.sum", Numbers{2}).add("state.0.step", type, shape, step);
  };
  tested.load(with(ElementType::f32, {}, Numbers{7}));
  EXPECT_EQ(tested.clock(0), 7u);
  tested.load(with(ElementType::i64, {}, std::vector<std::int64_t>{8}));
  EXPECT_EQ(tested.clock(0), 8u);
  tested.load(with(ElementType::f64, {1}, std::vector<double>{16'777'217}));
  EXPECT_EQ(tested.clock(0), 16'777'217u);
  EXPECT_EQ(tested.saved().at("state.0.step").type, ElementType::f64);  // f32 cannot hold it
  tested.load(with(ElementType::i32, {1}, std::vector<std::int32_t>{9}));
  EXPECT_EQ(tested.clock(0), 9u);
  EXPECT_EQ(tested.saved().at("state.0.step").type, ElementType::f32);
  expect_contains(tested.refusal(with(ElementType::f32, {}, Numbers{1.5})),
                  "the step of `w` is no number of updates; got 1.5");
  expect_contains(tested.refusal(with(ElementType::i64, {}, std::vector<std::int64_t>{-1})), "got -1");
  expect_contains(tested.refusal(with(ElementType::f32, {2}, Numbers{1, 2})), "got no number in F32 2");
  expect_contains(tested.refusal(with(ElementType::u8, {}, std::vector<std::uint8_t>{1})), "got no number");
}

TEST(TorchState, AParameterOfWhichThereIsNothingHasSeenNoUpdate) {
  Tested tested("adam(lr=0.1)");
  tested.model.train(4);
  File file;
  file.add("state.1.exp_avg", {5, 6, 7}).add("state.1.exp_avg_sq", {8, 9, 10}).step("1", 5);
  const LoadReport report = tested.load(file);
  EXPECT_EQ(report.fresh,
            (std::vector<std::string>{"optimizer/a.w/adam.m", "optimizer/a.w/adam.v", "clock/a.w"}));
  EXPECT_EQ(tested.state("a.w/adam.m"), (Numbers{0, 0}));
  EXPECT_EQ(tested.clock(0), 0u);
  const auto written = tested.saved();
  EXPECT_EQ(written.size(), 3u);
  EXPECT_FALSE(written.contains("state.0.step"));
}

TEST(TorchState, WithoutStepsABufferHasSeenAnUpdate) {
  Tested tested("momentum(0.9, dampening=0.5) | lr(0.1)");
  File file;
  file.add("state.0.momentum_buffer", {1, 2}).add("state.1.momentum_buffer", {1, 2, 3});
  tested.load(file);
  EXPECT_EQ(tested.clock(0), 1u);
  tested.load(file, {}, {{"updates", "40"}});
  EXPECT_EQ(tested.clock(0), 40u);
  EXPECT_EQ(tested.model.optimizer->updates(), 40u);
}

TEST(TorchState, E4ListsEveryDifference) {
  Tested tested("adam(lr=0.1)");
  File file;
  file.add("state.0.exp_avg", {1, 2, 3}).step("0", 1).add("state.0.max_exp_avg_sq", {1, 2});
  file.add("state.1.exp_avg", {1, 2, 3}).add("state.7.exp_avg", {1}).add("model.w", {1});
  const std::string message = tested.refusal(file);
  expect_contains(message, "`state.0.exp_avg` of F32 3 instead of F32 2");
  expect_contains(message, "no `optimizer/a.w/adam.v`");
  expect_contains(message, "no `optimizer/b/adam.v`");
  expect_contains(message, "an extra `state.0.max_exp_avg_sq` of F32 2");
  expect_contains(message, "an extra `state.7.exp_avg` of F32 1");
  expect_contains(message, "an extra `model.w` of F32 1");
  const LoadReport report = tested.load(file, {.partial = true});
  EXPECT_EQ(report.kept.size(), 0u);
  EXPECT_EQ(report.fresh.size(), 6u);
  EXPECT_EQ(report.dropped.size(), 5u);
  EXPECT_EQ(tested.clock(1), 0u);
}

TEST(TorchState, IsVerifiedWhereItHasAChecksum) {
  Tested tested("adam(lr=0.1)");
  std::vector<std::byte> bytes = of_adam("0", "1").bytes();
  bytes.back() ^= std::byte{1};
  const std::string message =
      error_of(Code::data, [&] { load_torch_state(bytes, tested.model.params, *tested.model.optimizer); });
  expect_contains(message, "the data does not match its checksum");
}

TEST(TorchState, RefusesWhatTorchDoesNotHave) {
  for (const std::string chain :
       {"lion | lr(0.1)", "adam | lr(0.1) | average", "momentum | adam | lr(0.1)"}) {
    Tested tested(chain);
    expect_contains(usage_error([&] { tested.saved(); }), "torch has no such state");
  }
  Tested tested("lion | lr(0.1)");
  File file;
  expect_contains(tested.refusal(file.add("state.0.exp_avg", {1, 2})), "an extra `state.0.exp_avg` of F32 2");
}

TEST(TorchState, GoesThroughAFile) {
  const TestFolder folder;
  Tested tested("adam(lr=0.1)"), other("adam(lr=0.1)");
  tested.model.train(3);
  save_torch_state(folder.path() / "a", tested.model.params, *tested.model.optimizer);
  load_torch_state(folder.path() / "a", other.model.params, *other.model.optimizer, {.threads = 2});
  EXPECT_EQ(other.state("b/adam.v"), tested.state("b/adam.v"));
  EXPECT_EQ(other.clock(1), 2u);
  EXPECT_EQ(other.model.optimizer->updates(), 3u);
}

}  // namespace
}  // namespace thalweg
