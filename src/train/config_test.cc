#include "train/config.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "data/test_files.h"

namespace thalweg {
namespace {

RunConfig sample() {
  RunConfig config;
  config.data = "idx(\"/a \\\"b\\\" \\\\ \xc3\xa4\")";
  config.model = "dense(3) | tanh | dense(2)";
  config.loss = "mse";
  config.optimizer = "clip_norm(1) | adamw(lr=cosine(1e-3, warmup=5%), decay=0.1)";
  config.batch = 0;
  config.epochs = 7;
  config.seed = 123456789012345;
  config.threads = 3;
  return config;
}

class Config : public ::testing::Test {
 protected:
  RunConfig read(const std::string& text) const {
    replace_file(path(), text);
    return read_config(path());
  }
  std::string refusal(const std::string& text) const {
    return error_of(Code::data, [&] { read(text); });
  }
  std::filesystem::path path() const { return folder_.path() / "config.toml"; }

  const std::string text_ = print_config(sample());

 private:
  TestFolder folder_;
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_F(Config, ComesBackAsItWasWritten) {
  const RunConfig want = sample();
  const RunConfig got = read(text_);
  EXPECT_EQ(got.data, want.data);
  EXPECT_EQ(got.model, want.model);
  EXPECT_EQ(got.loss, want.loss);
  EXPECT_EQ(got.optimizer, want.optimizer);
  EXPECT_EQ(got.batch, want.batch);
  EXPECT_EQ(got.epochs, want.epochs);
  EXPECT_EQ(got.seed, want.seed);
  EXPECT_EQ(got.threads, want.threads);
  EXPECT_EQ(print_config(got), text_);
}

TEST_F(Config, SeedsOfAnySizeComeBack) {
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1} << 53, std::uint64_t{INT64_MAX}}) {
    RunConfig config = sample();
    config.seed = seed;
    EXPECT_EQ(read(print_config(config)).seed, seed);
  }
}

TEST_F(Config, UnknownKeysAreNamedWithTheNearest) {
  const std::string message = refusal(replaced(text_, "epochs = 7", "epochs = 7\nepoch = 8"));
  EXPECT_TRUE(has(message, "config.toml:")) << message;
  EXPECT_TRUE(has(message, "unknown key; got `epoch`; did you mean `epochs`?")) << message;
}

TEST_F(Config, AnotherTypeIsShownWithItsLine) {
  for (const std::string wrong : {"epochs = \"7\"", "epochs = 7.0", "epochs = true", "epochs = [7]"}) {
    const std::string message = refusal(replaced(text_, "epochs = 7", wrong));
    EXPECT_TRUE(has(message, "config.toml:8: `epochs` has another type; want a whole number")) << message;
  }
  const std::string message = refusal(replaced(text_, "loss = \"mse\"", "loss = 3"));
  EXPECT_TRUE(has(message, "config.toml:5: `loss` has another type; want a text")) << message;
}

TEST_F(Config, EveryKeyMustBeThere) {
  for (const std::string key :
       {"schema", "data", "model", "loss", "optimizer", "batch", "epochs", "seed", "threads"}) {
    const std::size_t begin = text_.find("\n" + key + " = ");
    ASSERT_NE(begin, std::string::npos) << key;
    std::string text = text_;
    text.erase(begin, text.find('\n', begin + 1) - begin);
    EXPECT_TRUE(has(refusal(text), "`" + key + "` is missing")) << key;
  }
}

TEST_F(Config, NumbersOutOfRangeAreRefused) {
  EXPECT_TRUE(has(refusal(replaced(text_, "epochs = 7", "epochs = 0")), ":8: `epochs` is too small; got 0"));
  EXPECT_TRUE(has(refusal(replaced(text_, "batch = 0", "batch = -1")), "`batch` is too small; got -1"));
  EXPECT_TRUE(has(refusal(replaced(text_, "threads = 3", "threads = 0")), "`threads` is too small"));
  EXPECT_TRUE(has(refusal(replaced(text_, "threads = 3", "threads = 4294967297")), "`threads`"));
  EXPECT_TRUE(has(refusal(replaced(text_, "schema = 1", "schema = 2")), "another schema; got 2; want 1"));
}

TEST_F(Config, WhatIsNoTomlIsShownWithItsLine) {
  const std::string message = refusal(replaced(text_, "batch = 0", "batch = = 0"));
  EXPECT_TRUE(has(message, "config.toml:7: this is no TOML")) << message;
  EXPECT_FALSE(refusal("").empty());
  EXPECT_FALSE(refusal("\xff\xfe").empty());
}

TEST_F(Config, AMissingFileIsNamed) {
  const std::string message = error_of(Code::data, [&] { read_config(path()); });
  EXPECT_TRUE(has(message, "config.toml")) << message;
}

TEST(CheckNumbers, NamesTheOption) {
  RunConfig config;
  EXPECT_NO_THROW(check_numbers(config));
  config.epochs = 0;
  EXPECT_TRUE(has(error_of(Code::usage, [&] { check_numbers(config); }), "epochs: out of range; got 0"));
  config.epochs = 1;
  config.threads = -1;
  EXPECT_TRUE(has(error_of(Code::usage, [&] { check_numbers(config); }), "threads: out of range; got -1"));
}

}  // namespace
}  // namespace thalweg
