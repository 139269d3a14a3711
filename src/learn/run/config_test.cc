#include "run/config.h"

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
  config.accumulate = 4;
  config.epochs = 7;
  config.schedule_epochs = 9;
  config.order = "file";
  config.early_stopping.patience = 3;
  config.early_stopping.min_delta = 1e-5;
  config.early_stopping.restore_best = false;
  config.keeping.checkpoint_every = "2.5ep";
  config.seed = 123456789012345;
  config.threads = 3;
  config.keeping.name = "a run's own \xc3\xa4";
  return config;
}

using Settings = RunSettings;

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
  for (const RunSetting& setting : run_settings()) {
    EXPECT_EQ(setting.print(got), setting.print(want)) << setting.name;
  }
  EXPECT_EQ(got.batch, 0u);
  EXPECT_EQ(got.schedule_epochs, 9u);
  EXPECT_EQ(got.early_stopping.restore_best, false);
  EXPECT_EQ(got.early_stopping.min_delta, 1e-5);
  EXPECT_EQ(print_config(got), text_);
}

TEST_F(Config, ANameIsPlainText) {
  Settings settings;
  const auto refuse = [&](const std::string& name, const std::string& says) {
    const std::string message = error_of(Code::usage, [&] { settings.set("name", name); });
    EXPECT_TRUE(has(message, "--name: " + says)) << message;
  };
  refuse("", "the name is empty");
  refuse(" a", "the name has blanks around it");
  refuse("a;b", "the name has a character that parts texts");
  refuse("a\nb", "the name has characters that nobody sees");
  refuse("\xff", "the name has characters that nobody sees");
  settings.set("name", "a/b: c");
  EXPECT_EQ(settings.config().keeping.name, "a/b: c");
  EXPECT_EQ(run_name(settings.config(), "/runs/1"), "a/b: c");
  settings.set("name", "auto");
  EXPECT_EQ(settings.config().keeping.name, "");
  EXPECT_EQ(run_name(settings.config(), "/runs/1"), "1");
  EXPECT_EQ(run_name(settings.config(), "/runs/1/"), "1");
}

TEST_F(Config, SeedsOfAnySizeComeBack) {
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1} << 53, std::uint64_t{INT64_MAX}}) {
    RunConfig config = sample();
    config.seed = seed;
    EXPECT_EQ(read(print_config(config)).seed, seed);
  }
}

TEST_F(Config, UnknownKeysAreNamedWithTheNearest) {
  const std::string message = refusal(replaced(text_, "\nepochs = 7", "\nepochs = 7\nepoch = 8"));
  EXPECT_TRUE(has(message, "config.toml:")) << message;
  EXPECT_TRUE(has(message, "unknown key; got `epoch`; did you mean `epochs`?")) << message;
}

TEST_F(Config, AnotherTypeIsShownWithItsLine) {
  for (const std::string wrong : {"epochs = \"7\"", "epochs = 7.0", "epochs = true", "epochs = [7]"}) {
    const std::string message = refusal(replaced(text_, "\nepochs = 7", "\n" + wrong));
    EXPECT_TRUE(has(message, "config.toml:10: `epochs` has the wrong type; want a whole number")) << message;
  }
  const std::string message = refusal(replaced(text_, "loss = \"mse\"", "loss = 3"));
  EXPECT_TRUE(has(message, "config.toml:5: `loss` has the wrong type; want a string")) << message;
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
  EXPECT_TRUE(
      has(refusal(replaced(text_, "\nepochs = 7", "\nepochs = 0")), ":10: `epochs`: out of range; got `0`"));
  EXPECT_TRUE(has(refusal(replaced(text_, "batch = \"full\"", "batch = -1")), ":7: `batch`: "));
  EXPECT_TRUE(has(refusal(replaced(text_, "threads = 3", "threads = 0")), "`threads`: out of range"));
  EXPECT_TRUE(has(refusal(replaced(text_, "threads = 3", "threads = 4294967297")), "`threads`"));
  EXPECT_TRUE(has(refusal(replaced(text_, "schema = 1", "schema = 2")), "another schema; want 1"));
}

TEST_F(Config, WhatIsNoTomlIsShownWithItsLine) {
  const std::string message = refusal(replaced(text_, "batch = \"full\"", "batch = = 0"));
  EXPECT_TRUE(has(message, "config.toml:7: not TOML")) << message;
  EXPECT_FALSE(refusal("").empty());
  EXPECT_FALSE(refusal("\xff\xfe").empty());
}

TEST_F(Config, AMissingFileIsNamed) {
  const std::string message = error_of(Code::data, [&] { read_config(path()); });
  EXPECT_TRUE(has(message, "config.toml")) << message;
}

TEST_F(Config, WhatLaterVersionsAddHasItsDefault) {
  std::string text = text_;
  for (const std::string line : {"patience = 3\n", "order = \"file\"\n", "accumulate = 4\n"}) {
    text = replaced(text, line, "");
  }
  const RunConfig got = read(text);
  EXPECT_EQ(got.early_stopping.patience, 0u);
  EXPECT_EQ(got.order, "shuffle");
  EXPECT_EQ(got.accumulate, 1u);
}

TEST(CheckConfig, NamesTheSetting) {
  RunConfig config;
  EXPECT_NO_THROW(check_config(config));
  const auto refuse = [](const RunConfig& bad, const std::string& says) {
    EXPECT_TRUE(has(error_of(Code::usage, [&] { check_config(bad); }), says)) << says;
  };
  config.epochs = 0;
  refuse(config, "epochs: out of range; got `0`");
  config.epochs = 1;
  config.threads = -1;
  refuse(config, "threads: not a whole number; got `-1`");
  config.threads = 1;
  config.order = "random";
  refuse(config, "order: unknown order; got `random`; want shuffle|replacement|file");
  config.order = "file";
  config.keeping.checkpoint_every = "0";
  refuse(config, "checkpoint-every: not a length; got `0`");
}

TEST_F(Config, FlagsWinOverAFileAndAFileOverDefaults) {
  replace_file(path(), "epochs = 3\nbatch = \"full\"\nmin-delta = 0.5\nrestore-best = true\n");
  Settings settings;
  settings.read_file(path());
  settings.set("epochs", "4");
  EXPECT_EQ(settings.config().epochs, 4u);
  EXPECT_EQ(settings.config().batch, 0u);
  EXPECT_EQ(settings.config().early_stopping.min_delta, 0.5);
  EXPECT_EQ(settings.config().early_stopping.restore_best, true);
  const std::string toml = settings.toml();
  EXPECT_TRUE(has(toml, "epochs = 4  # --epochs\n")) << toml;
  EXPECT_TRUE(has(toml, "batch = \"full\"  # " + path().string() + ":2\n")) << toml;
  EXPECT_TRUE(has(toml, "seed = 1  # default\n")) << toml;
  replace_file(path(), toml);
  Settings again;
  again.read_file(path());
  for (const RunSetting& setting : run_settings()) {
    EXPECT_EQ(setting.print(again.config()), setting.print(settings.config())) << setting.name;
  }
}

TEST_F(Config, ANumberThatIsNoneIsToldAsItStands) {
  for (const std::string number : {"nan", "inf", "-inf"}) {
    replace_file(path(), "min-delta = " + number + "\n");
    Settings settings;
    const std::string message = error_of(Code::usage, [&] { settings.read_file(path()); });
    EXPECT_TRUE(has(message, "min-delta")) << message;
    EXPECT_TRUE(has(message, "`" + number + "`")) << message;
  }
}

TEST_F(Config, TheFileOfARunIsTakenToo) {
  replace_file(path(), text_);
  Settings settings;
  settings.read_file(path());
  EXPECT_EQ(print_config(settings.config()), text_);
}

TEST_F(Config, ABadFileLeavesTheSettingsAsTheyWere) {
  Settings settings;
  const auto refuse = [&](const std::string& text, const std::string& says) {
    replace_file(path(), text);
    const std::string message = error_of(Code::usage, [&] { settings.read_file(path()); });
    EXPECT_TRUE(has(message, path().string() + says)) << message;
    EXPECT_EQ(print_config(settings.config()), print_config(RunConfig{}));
  };
  refuse("epochs = 3\nepoc = 4\n", ":2: unknown key; got `epoc`; did you mean `epochs`?");
  refuse("epochs = 3\nseed = -1\n", ":2: `seed`: not a whole number; got `-1`");
  refuse("epochs = 3\nbatch = \"all\"\n", ":2: `batch` has the wrong type; want a whole number");
  refuse("epochs = 3\nepochs = 4\n", ":2: not TOML");
  refuse("[epochs]\n", ":1: `epochs` has the wrong type");
  std::filesystem::remove(path());
  EXPECT_TRUE(has(error_of(Code::usage, [&] { settings.read_file(path()); }), "config.toml"));
}

}  // namespace
}  // namespace thalweg
