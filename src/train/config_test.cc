#include "train/config.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/file.h"
#include "data/test_files.h"

namespace thalweg {
namespace {

SavedConfig sample() {
  RunConfig config;
  config.data = "idx(\"/a \\\"b\\\" \\\\ \xc3\xa4\")";
  config.model = "dense(3) | tanh | dense(2)";
  config.loss = "mse";
  config.optimizer = "clip_norm(1) | adamw(lr=cosine(1e-3, warmup=5%), decay=0.1)";
  config.batch = 0;
  config.epochs = 7;
  config.seed = 123456789012345;
  config.threads = 3;
  return {config, {.offset = 33.318421, .factor = 1.0 / 78.567}};
}

class Config : public ::testing::Test {
 protected:
  SavedConfig read(const std::string& text) const {
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
  const SavedConfig want = sample();
  const SavedConfig got = read(text_);
  EXPECT_EQ(got.config.data, want.config.data);
  EXPECT_EQ(got.config.model, want.config.model);
  EXPECT_EQ(got.config.loss, want.config.loss);
  EXPECT_EQ(got.config.optimizer, want.config.optimizer);
  EXPECT_EQ(got.config.batch, want.config.batch);
  EXPECT_EQ(got.config.epochs, want.config.epochs);
  EXPECT_EQ(got.config.seed, want.config.seed);
  EXPECT_EQ(got.config.threads, want.config.threads);
  EXPECT_EQ(got.scaling, want.scaling);
  EXPECT_EQ(print_config(got), text_);
}

TEST_F(Config, ScalingComesBackBitForBit) {
  for (const double number : {0.0, -0.0, 1.0, 0.1, 1e300, 5e-324, 1e-7, 123456789.0, -2.5, 1e16, 1e17}) {
    SavedConfig saved = sample();
    saved.scaling = {number, number};
    EXPECT_EQ(read(print_config(saved)).scaling, saved.scaling) << number;
  }
}

TEST_F(Config, SeedsOfAnySizeComeBack) {
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1} << 53, std::uint64_t{INT64_MAX}}) {
    SavedConfig saved = sample();
    saved.config.seed = seed;
    EXPECT_EQ(read(print_config(saved)).config.seed, seed);
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
  for (const std::string key : {"schema", "data", "model", "loss", "optimizer", "batch", "epochs", "seed",
                                "threads", "offset", "factor"}) {
    const std::size_t begin = text_.find("\n" + key + " = ");
    ASSERT_NE(begin, std::string::npos) << key;
    std::string text = text_;
    text.erase(begin, text.find('\n', begin + 1) - begin);
    EXPECT_TRUE(has(refusal(text), "`" + key + "` is missing")) << key;
  }
  EXPECT_TRUE(has(refusal(text_.substr(0, text_.find("[scaling]"))), "`scaling` is missing"));
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
  EXPECT_FALSE(refusal(replaced(text_, "[scaling]", "scaling = 3")).empty());
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
