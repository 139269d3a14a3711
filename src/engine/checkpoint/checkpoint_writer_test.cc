#include "thalweg/checkpoint_writer.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>

#include "base/file.h"
#include "base/test_error.h"
#include "base/test_folder.h"
#include "checkpoint/test_model.h"

namespace thalweg {
namespace {

const std::string kChain = "adam(amsgrad=true) | lr(1e-3) | average";

class Writer : public testing::Test {
 protected:
  std::filesystem::path path(const std::string& name) const { return folder.path() / name; }
  std::string text(const std::string& name) const { return read_text_file(path(name)); }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
      found.push_back(entry.path().filename().string());
    std::sort(found.begin(), found.end());
    return found;
  }

  TestFolder folder;
  // Parameters of no elements, of one, and of more than what one thread copies at a time.
  TestItems items = [] {
    TestItems all = kItems;
    all.push_back({"large", {3, 1500001}});
    return all;
  }();
  TestModel model{items, kChain, 1};
};

// The steps begin before the files are written: they must not be in them.
TEST_F(Writer, WritesWhatWasThereWhenItBegan) {
  for (const int threads : {1, 3}) {
    CheckpointWriter writer({.threads = threads});
    for (int round = 0; round < 3; ++round) {
      const Metadata metadata = {{"round", std::to_string(round)}, {"chain", "not this one"}};
      save_checkpoint(path("whole"), model.params, *model.optimizer, {.metadata = metadata});
      save_parameters(path("weights"), model.params, 5, {.metadata = metadata});
      writer.add(path("copied weights"), model.params, 5, metadata);
      writer.add(path("copied"), model.params, *model.optimizer, metadata);
      bool last = false;
      writer.begin([&] { last = std::filesystem::exists(path("copied")); });
      model.train(1);
      writer.wait();
      EXPECT_TRUE(last);
      EXPECT_FALSE(writer.writing());
      EXPECT_TRUE(text("copied") == text("whole")) << round;
      EXPECT_TRUE(text("copied weights") == text("weights")) << round;
    }
  }
}

TEST_F(Writer, OneSaveWaitsForTheOther) {
  CheckpointWriter writer;
  std::atomic<int> ended = 0;
  for (int i = 1; i <= 4; ++i) {
    writer.add(path(std::to_string(i)), model.params, *model.optimizer);
    writer.begin([&ended, i] { ended = ended * 10 + i; });
    model.train(1);
  }
  writer.wait();
  EXPECT_EQ(ended, 1234);
  EXPECT_EQ(names(), (std::vector<std::string>{"1", "2", "3", "4"}));
  TestModel loaded(items, kChain, 2);
  EXPECT_EQ(load_checkpoint(path("3"), loaded.params, *loaded.optimizer).metadata.at("updates"), "2");
}

TEST_F(Writer, ItsMemoryIsMadeReadyOnce) {
  CheckpointWriter writer({.threads = 2});
  writer.add(path("a"), model.params, *model.optimizer);
  const std::uint64_t bytes = writer.reserve();
  EXPECT_GE(bytes, 5 * 4 * 4'500'003U);  // value, m, v, the largest v and the average
  EXPECT_LE(bytes, 5 * 4 * 4'500'003U + 64 * 64);
  EXPECT_EQ(names(), std::vector<std::string>());
  writer.add(path("a"), model.params, *model.optimizer);
  writer.begin();
  writer.add(path("b"), model.params, 1);
  EXPECT_EQ(writer.reserve(), bytes);
  EXPECT_EQ(names(), std::vector<std::string>{"a"});
}

// In the foreground and from behind the same words, once.
TEST_F(Writer, TellsWhatCannotBeWritten) {
  std::filesystem::create_directory(path("taken"));
  const std::string want =
      error_of(Code::resource, [&] { save_checkpoint(path("taken"), model.params, *model.optimizer); });
  for (const bool background : {false, true}) {
    CheckpointWriter writer({.background = background});
    bool then = false;
    const auto begin = [&] {
      writer.add(path("before"), model.params, 1);
      writer.add(path("taken"), model.params, *model.optimizer);
      writer.add(path("after"), model.params, 1);
      writer.begin([&] { then = true; });
      writer.wait();
    };
    EXPECT_EQ(error_of(Code::resource, begin), want);
    writer.wait();
    EXPECT_FALSE(then);
    EXPECT_EQ(names(), (std::vector<std::string>{"before", "taken"}));
    std::filesystem::remove(path("before"));

    // The save after it is told instead, and the one after that is as good as any.
    writer.add(path("taken"), model.params, 1);
    if (background) {
      writer.begin();
      writer.add(path("lost"), model.params, 1);
      EXPECT_EQ(error_of(Code::resource, [&] { writer.begin(); }).find(path("taken").string()), 0U);
    } else {
      error_of(Code::resource, [&] { writer.begin(); });
    }
    writer.add(path("good"), model.params, 1);
    writer.begin();
    writer.wait();
    EXPECT_EQ(names(), (std::vector<std::string>{"good", "taken"}));
    std::filesystem::remove(path("good"));
  }
}

TEST_F(Writer, EndsWhenAllIsWritten) {
  {
    CheckpointWriter writer;
    writer.add(path("a"), model.params, *model.optimizer);
    writer.begin();
    CheckpointWriter moved(std::move(writer));
  }
  TestModel loaded(items, kChain, 2);
  load_checkpoint(path("a"), loaded.params, *loaded.optimizer);
  EXPECT_EQ(loaded.contents(), model.contents());
}

TEST_F(Writer, AForkedProcessWritesNothingOfIt) {
  CheckpointWriter writer;
  writer.add(path("a"), model.params, *model.optimizer);
  writer.begin();
  const pid_t child = ::fork();
  if (child == 0) {
    writer.wait();
    ::_exit(writer.writing() ? 1 : 0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  writer.wait();
  EXPECT_EQ(names(), std::vector<std::string>{"a"});
}

}  // namespace
}  // namespace thalweg
