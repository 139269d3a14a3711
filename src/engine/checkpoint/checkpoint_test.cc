#include "thalweg/checkpoint.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <memory>

#include "base/file.h"
#include "base/test_error.h"
#include "base/test_folder.h"
#include "checkpoint/test_model.h"
#include "safetensors/safetensors.h"

namespace thalweg {
namespace {

class Checkpoint : public testing::Test {
 protected:
  std::string save(TestModel& model, const Metadata& metadata = {}) {
    save_checkpoint(path, model.params, *model.optimizer, {.metadata = metadata});
    return read_text_file(path);
  }
  Metadata load(TestModel& model) { return load_checkpoint(path, model.params, *model.optimizer).metadata; }
  void write(const std::string& bytes) { folder.write("model.safetensors", bytes); }

  // Loading must fail and change nothing; returns why.
  std::string refusal(TestModel& model) {
    const auto before = model.contents();
    const std::string message = error_of(Code::data, [&] { load(model); });
    EXPECT_EQ(message.find(path.string()), 0U) << message;
    EXPECT_EQ(model.contents(), before);
    return message;
  }

  TestFolder folder;
  const std::filesystem::path path = folder.path() / "model.safetensors";
};

void expect_in(const std::string& message, const std::string& part) {
  EXPECT_NE(message.find(part), message.npos) << message << "\nwant: " << part;
}

class CheckpointOf : public Checkpoint, public testing::WithParamInterface<std::string> {};
INSTANTIATE_TEST_SUITE_P(Chains, CheckpointOf,
                         testing::Values(kAdam, kMomentum, "lr(0.1)",
                                         "adam | adam | momentum(0.5) | lr(1e-3)",
                                         "adagrad(initial_accumulator=0.1) | adam(amsgrad=true) | "
                                         "rmsprop(centered=true, momentum=0.9, rate_inside=true) | "
                                         "lr(cyclic(1e-3, period=3, mult=1.5)) | l1(1e-6)"));

TEST_P(CheckpointOf, E1HoldsATrainingExactly) {
  TestModel saved(kItems, GetParam(), 1);
  saved.train(7);
  save(saved, {{"note", "seven steps"}});
  TestModel loaded(kItems, GetParam(), 2);
  loaded.train(3);
  EXPECT_NE(loaded.contents(), saved.contents());
  EXPECT_EQ(load(loaded).at("note"), "seven steps");
  EXPECT_EQ(loaded.contents(), saved.contents());
  EXPECT_EQ(loaded.optimizer->updates(), 7U);
  EXPECT_EQ(loaded.optimizer->clocks()[1], 4U);
  saved.train(6);
  loaded.train(6);
  EXPECT_EQ(loaded.contents(), saved.contents());
}

// Whatever was done before it, a load decides what comes next.
TEST_P(CheckpointOf, E2TheNextRateIsThatOfTheCheckpoint) {
  TestModel saved(kItems, GetParam(), 1);
  saved.train(7);
  save(saved);
  const double next = saved.optimizer->step().lr;
  for (const int before : {0, 1, 9}) {
    TestModel loaded(kItems, GetParam(), 2);
    loaded.train(before);
    load(loaded);
    EXPECT_EQ(loaded.optimizer->step().lr, next) << before;
  }
}

TEST_P(CheckpointOf, E3LoadingTwiceIsLoadingOnce) {
  TestModel saved(kItems, GetParam(), 1);
  saved.train(7);
  save(saved);
  TestModel once(kItems, GetParam(), 2), twice(kItems, GetParam(), 2);
  load(once);
  load(twice);
  load(twice);
  EXPECT_EQ(twice.contents(), once.contents());
}

TEST_P(CheckpointOf, E5DoesNotCareForTheOrderOfParameters) {
  TestModel saved(kItems, GetParam(), 1);
  saved.train(5);
  save(saved);
  TestModel loaded({kItems.rbegin(), kItems.rend()}, GetParam(), 2);
  load(loaded);
  EXPECT_EQ(loaded.contents(), saved.contents());
}

TEST_F(Checkpoint, SavesTheSameBytesAgain) {
  TestModel model(kItems, kAdam, 1);
  model.train(2);
  const std::string first = save(model, {{"note", "x"}});
  EXPECT_EQ(save(model, load(model)), first);
}

TEST_F(Checkpoint, MetadataSayWhatItIs) {
  TestModel model(kItems, "adam | lr(0.001)", 1);
  model.train(3);
  save(model, {{"format", "mine"}, {"updates", "mine"}, {"model", "dense(2) | relu"}});
  const Metadata metadata = read_metadata(path);
  EXPECT_EQ(metadata.at("format"), "thalweg-checkpoint-1");
  EXPECT_EQ(metadata.at("chain"), model.optimizer->chain().text(true));
  expect_in(metadata.at("chain"), "beta2=0.999");
  EXPECT_EQ(metadata.at("updates"), "3");
  EXPECT_EQ(metadata.at("gradients"), "3");
  EXPECT_EQ(metadata.at("model"), "dense(2) | relu");
  EXPECT_EQ(metadata.at("checksum").size(), 16U);
  EXPECT_EQ(metadata.size(), 6U);
  EXPECT_EQ(load(model), metadata);
}

TEST_F(Checkpoint, NamesTensorsByParameterStateAndClock) {
  TestModel model({{"w", {2}}, {"p", {}, Dtype::f64}}, "adam | lr(0.001)", 1);
  save(model);
  const Safetensors file(path);
  std::string listed;
  for (const auto& [name, tensor] : file.tensors()) {
    listed += name + " " + std::string(element_name(tensor.type)) + " " + print_shape(tensor.shape) + "\n";
  }
  EXPECT_EQ(listed,
            "clock/p U64 scalar\nclock/w U64 scalar\n"
            "optimizer/p/adam.m F64 scalar\noptimizer/p/adam.v F64 scalar\n"
            "optimizer/w/adam.m F32 2\noptimizer/w/adam.v F32 2\n"
            "p F64 scalar\nw F32 2\n");
}

TEST_F(Checkpoint, KeepsLargeCounts) {
  TestModel model(kItems, kMomentum, 1);
  model.optimizer->set_updates(UINT64_MAX);
  model.optimizer->set_skips(3);
  model.optimizer->clocks()[0] = UINT64_MAX - 1;
  save(model);
  TestModel loaded(kItems, kMomentum, 2);
  load(loaded);
  EXPECT_EQ(loaded.optimizer->updates(), UINT64_MAX);
  EXPECT_EQ(loaded.optimizer->skips(), 3u);
  loaded.optimizer->set_skips(0);
  save(loaded, load(model));
  load(model);
  EXPECT_EQ(model.optimizer->skips(), 0u);
  EXPECT_EQ(loaded.optimizer->clocks()[0], UINT64_MAX - 1);
}

TEST_F(Checkpoint, E4ListsEveryDifference) {
  TestModel saved(kItems, "adam | lr(0.001)", 1);
  save(saved);
  // `b` is gone, `w` has another shape, `precise` another type, `new` is new.
  TestModel other({{"w", {2, 3}}, {"temperature", {}}, {"none", {0, 4}}, {"precise", {5}}, {"new", {1}}},
                  "adam | lr(0.001)", 2);
  const std::string message = refusal(other);
  for (const std::string prefix : {"", "optimizer/"}) {
    const std::vector<std::string> suffixes = {"/adam.m", "/adam.v"};
    for (const std::string& suffix : prefix.empty() ? std::vector<std::string>{""} : suffixes) {
      expect_in(message, "`" + prefix + "w" + suffix + "` of F32 3x2 instead of F32 2x3");
      expect_in(message, "`" + prefix + "precise" + suffix + "` of F64 5 instead of F32 5");
      expect_in(message, "no `" + prefix + "new" + suffix + "`");
      expect_in(message, "an extra `" + prefix + "b" + suffix + "` of F32 2");
    }
  }
  expect_in(message, "no `clock/new`");
  expect_in(message, "an extra `clock/b` of U64 scalar");
  EXPECT_EQ(message.find("temperature"), message.npos) << message;
  EXPECT_EQ(std::ranges::count(message, '\n'), 0);
}

TEST_F(Checkpoint, TellsAScalarFromAVectorOfOne) {
  TestModel saved({{"w", {}}}, kMomentum, 1);
  save(saved);
  TestModel other({{"w", {1}}}, kMomentum, 2);
  expect_in(refusal(other), "`w` of F32 scalar instead of F32 1");
}

TEST_F(Checkpoint, StateOfAFrozenParameterIsADifference) {
  TestModel saved(kItems, kMomentum, 1);
  save(saved);
  TestModel frozen(kItems, kMomentum, 2);
  frozen.params[0].set_frozen(true);
  frozen.optimizer = std::make_unique<Optimizer>(frozen.params, Chain(kMomentum));
  expect_in(refusal(frozen), "got an extra `optimizer/w/momentum.");
}

TEST_F(Checkpoint, NamesBothChains) {
  TestModel saved(kItems, "adam(beta2=0.95) | lr(0.001)", 1);
  save(saved);
  TestModel other(kItems, "adam | lr(0.001)", 2);
  const std::string message = refusal(other);
  expect_in(message, "another chain");
  expect_in(message, saved.optimizer->chain().text(true));
  expect_in(message, other.optimizer->chain().text(true));
}

TEST_F(Checkpoint, LoadsParametersAlone) {
  TestModel saved(kItems, kAdam, 1);
  saved.train(4);
  save(saved, {{"note", "x"}});
  TestModel other(kItems, "lr(0.5)", 2);
  EXPECT_EQ(load_parameters(path, other.params).metadata.at("note"), "x");
  const auto want = saved.contents();
  for (const TestItem& item : kItems)
    EXPECT_EQ(other.contents().at(item.name), want.at(item.name)) << item.name;
  EXPECT_EQ(other.optimizer->updates(), 0U);

  TestModel smaller({{"w", {3, 2}}, {"extra", {}}}, "lr(0.5)", 3);
  const auto before = smaller.contents();
  const std::string message = error_of(Code::data, [&] { load_parameters(path, smaller.params); });
  expect_in(message,
            "no `extra`, an extra `b` of F32 2, an extra `none` of F32 0x4, an extra `precise` of F64 5");
  EXPECT_EQ(message.find("clock/"), message.npos);
  EXPECT_EQ(smaller.contents(), before);
}

TEST_F(Checkpoint, RefusesWhatItCannotKeep) {
  TestModel model(kItems, kMomentum, 1);
  expect_in(error_of(Code::usage, [&] { save(model, {{"k", "\xff"}}); }), "UTF-8");
  TestModel other(kItems, kMomentum, 1);
  const auto mixed = [&] { save_checkpoint(path, model.params, *other.optimizer, {}); };
  expect_in(error_of(Code::usage, mixed), "bound to other parameters");
  model.params.add("late", {1}, Role::bias);
  expect_in(error_of(Code::usage, [&] { save(model); }), "bound to other parameters");
  for (const std::string name : {"optimizer/w", "clock/w"}) {
    TestModel taken({{name, {1}}}, kMomentum, 1);
    expect_in(error_of(Code::usage, [&] { save(taken); }),
              "parameter `" + name + "`: the name cannot be stored");
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  const auto nowhere = [&] { save_checkpoint(path / "x", other.params, *other.optimizer, {}); };
  expect_in(error_of(Code::resource, nowhere), "bytes");
}

TEST_F(Checkpoint, FollowsLinksAndReplacesFilesAlone) {
  TestModel model(kItems, kAdam, 1);
  const std::filesystem::path real = folder.path() / "real", latest = folder.path() / "latest";
  std::filesystem::create_symlink("real", latest);
  save_checkpoint(latest, model.params, *model.optimizer, {});
  model.train(1);
  save_checkpoint(latest, model.params, *model.optimizer, {});
  EXPECT_TRUE(std::filesystem::is_symlink(latest));
  EXPECT_EQ(read_metadata(real).at("updates"), "1");

  const std::filesystem::path pipe = folder.path() / "pipe", to_pipe = folder.path() / "to_pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::filesystem::create_symlink("pipe", to_pipe);
  for (const std::filesystem::path& to : {pipe, to_pipe}) {
    const auto refused = [&] { save_checkpoint(to, model.params, *model.optimizer, {}); };
    expect_in(error_of(Code::resource, refused), "cannot be replaced by a file; got a pipe");
  }
  EXPECT_TRUE(std::filesystem::is_fifo(pipe) && std::filesystem::is_symlink(to_pipe));
}

TEST_F(Checkpoint, RefusesOtherFiles) {
  TestModel model(kItems, kMomentum, 1);
  expect_in(refusal(model), "cannot be read");
  const std::filesystem::path foreign = std::string(THALWEG_TESTS) + "/data/interop/multi_layer.safetensors";
  expect_in(error_of(Code::data, [&] { read_metadata(foreign); }),
            "not a checkpoint of Thalweg; got no `format`");
  const auto of = [&](const Metadata& metadata) {
    write_safetensors(path, {}, metadata);
    return refusal(model);
  };
  expect_in(of({{"format", "pt"}}),
            "not a checkpoint of Thalweg; got format `pt`; want thalweg-checkpoint-1");
  expect_in(of({{"format", "thalweg-checkpoint-2"}}),
            "too new; got thalweg-checkpoint-2; want thalweg-checkpoint-1");
  expect_in(of({{"format", "thalweg-checkpoint-10"}}), "too new");
  for (const std::string number : {"", "0", "x", "1x", "01"}) {
    expect_in(of({{"format", "thalweg-checkpoint-" + number}}), "not a checkpoint of Thalweg");
  }
  Metadata metadata{{"format", "thalweg-checkpoint-1"}};
  expect_in(of(metadata), "the metadata has no `chain`");
  metadata["chain"] = model.optimizer->chain().text(true);
  expect_in(of(metadata), "the metadata has no `updates`");
  for (const std::string number : {"", "-1", "+1", "1.0", " 1", "18446744073709551616", "0x1"}) {
    metadata["updates"] = number;
    expect_in(of(metadata), "`updates` is not a number; got `" + number + "`");
  }
  metadata["updates"] = "0";
  expect_in(of(metadata), "no `w`, no `b`");
}

TEST_F(Checkpoint, RefusesAFileWithoutChecksum) {
  TestModel model({}, "lr(1)", 1);
  const std::string header = R"({"__metadata__":{"format":"thalweg-checkpoint-1","chain":"","updates":"0"}})";
  const std::uint64_t length = header.size();
  write(std::string(reinterpret_cast<const char*>(&length), 8) + header);
  expect_in(refusal(model), "the checkpoint has no checksum");
}

TEST_F(Checkpoint, DetectsEveryTruncation) {
  TestModel saved(kItems, kAdam, 1);
  saved.train(3);
  const std::string whole = save(saved, {{"note", "x"}});
  TestModel model(kItems, kAdam, 2);
  write(whole + '\0');
  expect_in(refusal(model), "bytes after the last tensor");
  for (std::size_t size = whole.size(); size-- > 0;) {
    std::filesystem::resize_file(path, size);
    expect_in(refusal(model), size < 8 ? "truncated" : "byte");
  }
  write(whole);
  load(model);
  EXPECT_EQ(model.contents(), saved.contents());
}

// More than 10,000 bits: every one of the file.
TEST_F(Checkpoint, DetectsEveryFlippedBit) {
  TestModel saved(kItems, kAdam, 1);
  saved.train(3);
  const std::string whole = save(saved, {{"note", "x"}});
  ASSERT_GT(whole.size() * 8, 10'000U);
  TestModel model(kItems, kAdam, 2);
  const auto before = model.contents();
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const auto put = [&](std::size_t at, int byte) {
    file.seekp(static_cast<std::streamoff>(at)).put(static_cast<char>(byte)).flush();
  };
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    put(bit / 8, whole[bit / 8] ^ 1 << bit % 8);
    const std::string message = error_of(Code::data, [&] { load(model); });
    ASSERT_EQ(message.find(path.string()), 0U) << "bit " << bit << ": " << message;
    ASSERT_GT(message.size(), path.string().size() + 10) << "bit " << bit;
    put(bit / 8, whole[bit / 8]);
  }
  EXPECT_EQ(model.contents(), before);
  load(model);
  EXPECT_EQ(model.contents(), saved.contents());
}

TEST_F(Checkpoint, DetectsSwappedTensors) {
  TestModel saved({{"a", {4}}, {"b", {4}}}, "lr(1)", 1);
  std::string bytes = save(saved);
  const std::size_t a = bytes.size() - 32;
  bytes = bytes.substr(0, a) + bytes.substr(a + 16) + bytes.substr(a, 16);
  write(bytes);
  expect_in(refusal(saved), "the data does not match its checksum");
}

// As another program may have written it, with a transform of its own.
TEST_F(Checkpoint, OfATransformThatIsNotRegisteredSaysSo) {
  TestModel model(kItems, kMomentum, 1);
  Metadata metadata = read_metadata(checkpoint_bytes(model.params, *model.optimizer));
  metadata["chain"] = "momentum(0.9, on=all) | quixotic(2, on=all) | lr(0.1, on=all)";
  const std::vector<std::byte> bytes = safetensors_bytes({}, metadata, 1);
  const std::string error =
      error_of(Code::data, [&] { load_checkpoint(bytes, model.params, *model.optimizer); });
  expect_contains(error, "the checkpoint belongs to another chain; got momentum(0.9, on=all) | quixotic(2");
  expect_contains(
      error,
      "register the transforms that its program had added (optimizer, column 25: unknown name; got "
      "`quixotic`");
}

}  // namespace
}  // namespace thalweg
