// Files of runs, comparisons and searches that say what nobody wrote: one error that names the file, whoever
// reads it.
#include "faults.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

class DamagedFolders : public testing::Test {
 protected:
  void SetUp() override {
    whole_ = runs_.make("whole", 2, 5);
    const Outcome paged = shell("exec \"$0\" page whole");
    ASSERT_EQ(paged.code, 0) << paged.err;
  }

  fs::path path(const std::string& name) const { return runs_.path(name); }

  // A shell line run beside the folders, `$0` the tool.
  Outcome shell(const std::string& line) const {
    return Process(path(""), {"sh", "-c", line, THALWEG_TOOL}).wait();
  }

  void put(const fs::path& file, const std::string& text) const {
    std::ofstream(file, std::ios::binary) << text;
  }

  static std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, text.npos) << from << " in " << text;
    return at == text.npos ? text : text.replace(at, from.size(), to);
  }

  void expect_refused(const std::string& command, const std::string& file) const {
    const Outcome outcome = shell("exec \"$0\" " + command);
    EXPECT_EQ(outcome.code, 3) << command << "\n" << outcome.err;
    EXPECT_EQ(lines_of(outcome.err).size(), 1U) << outcome.err;
    EXPECT_NE(outcome.err.find(file), std::string::npos) << outcome.err;
  }

  TinyRuns runs_;
  fs::path whole_;
};

const std::string kReaders[] = {
    "train --quiet --resume run", "eval run", "predict run", "export run", "doctor run",
    "landscape run --points 5"};

TEST_F(DamagedFolders, AKeyOfManyPartsIsNoKey) {
  const fs::path run = runs_.copy(whole_, "run");
  const std::string config = contents(run / "config.toml");
  std::string key = "a";
  for (int i = 0; i < 50'000; ++i) key += ".a";
  for (const std::string& line : {key + " = 1", "[" + key + "]", "x = {" + key + " = 1}",
                                  "# it's\n" + key + " = 1", "y = \"\"\"a\n\"\n\"\"\"\n" + key + " = 1"}) {
    put(run / "config.toml", config + line + "\n");
    for (const std::string& command : kReaders) expect_refused(command, "config.toml");
    const Outcome outcome = shell("exec \"$0\" train --config run/config.toml --dry-run");
    EXPECT_EQ(outcome.code, 2) << outcome.err;
  }
  // Dots in values are nobody's parts.
  std::string dots = "a";
  for (int i = 0; i < 100; ++i) dots += ".a";
  put(run / "config.toml", config + "# " + dots + "\n");
  EXPECT_EQ(shell("exec \"$0\" eval run").code, 0);
}

TEST_F(DamagedFolders, ARunSaysItsLengths) {
  const fs::path run = runs_.copy(whole_, "run");
  const std::string config = contents(run / "config.toml");
  for (const auto& [from, to] :
       {std::pair("epochs = 2", "epochs = \"auto\""), std::pair("batch = 5", "batch = \"auto\"")}) {
    put(run / "config.toml", replaced(config, from, to));
    for (const std::string& command : kReaders) expect_refused(command, "config.toml");
    expect_refused("train --quiet --resume run --epochs 3 --lengths new", "config.toml");
  }
}

TEST_F(DamagedFolders, DetailsCountInWholeNumbers) {
  const fs::path run = runs_.copy(whole_, "run");
  const std::string details = contents(run / "details.jsonl");
  for (const std::string from : {"1e300", "-1e300", "2147483647", "-2147483648", "18446744073709551615",
                                 "1.5", "null", "\"1\"", "[]", "20000"}) {
    SCOPED_TRACE(from);
    const std::size_t at = details.find("\"from\": ") + 8;
    const std::size_t end = details.find(',', at);
    put(run / "details.jsonl", details.substr(0, at) + from + details.substr(end));
    expect_refused("page run", "details.jsonl");
  }
}

TEST_F(DamagedFolders, ConfusionsMayBeAnyNumbers) {
  const fs::path run = runs_.copy(whole_, "run");
  ASSERT_EQ(shell("exec \"$0\" train --quiet --resume run").code, 0);
  const std::string examples = contents(run / "examples.json");
  const std::size_t at = examples.find("\"confusion\": [[");
  ASSERT_NE(at, examples.npos) << examples;
  for (const std::string number : {"1e300", "-1e300", "-1", "null", "0.5"}) {
    std::string text = examples;
    text.replace(at + 15, text.find_first_of(",]", at + 15) - at - 15, number);
    put(run / "examples.json", text);
    const Outcome outcome = shell("exec \"$0\" page run");
    EXPECT_TRUE(outcome.code == 0 || outcome.code == 3) << outcome.code << outcome.err;
  }
}

class DamagedComparison : public DamagedFolders {
 protected:
  void SetUp() override {
    DamagedFolders::SetUp();
    const Outcome made = shell(kCompare + "made");
    ASSERT_EQ(made.code, 0) << made.err;
    runs_.copy(path("made"), "comparison");
    text_ = contents(path("made") / "runs.jsonl");
  }

  void expect_refused(const std::string& runs, const std::string& says) const {
    put(path("comparison") / "runs.jsonl", runs);
    const Outcome outcome = shell(kCompare + "comparison");
    EXPECT_EQ(outcome.code, 3) << outcome.err;
    EXPECT_NE(outcome.err.find("runs.jsonl:"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find(says), std::string::npos) << outcome.err;
  }

  const std::string kCompare =
      "exec \"$0\" compare --quiet --optimizers 'sgd(lr=0.1); gd(lr=0.1)' --data 'idx(data)' --model "
      "'dense(2)' --epochs 2 --batch 5 --seeds 2 --rates 1 --threads 1 --out ";
  std::string text_;
};

TEST_F(DamagedComparison, ARunIsThereOnce) {
  const std::vector<std::string> lines = lines_of(text_);
  ASSERT_EQ(lines.size(), 4U);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    expect_refused(text_ + lines[i] + "\n", "a run is there twice");
    std::string at_once;
    for (std::size_t k = 0; k < lines.size(); ++k)
      at_once += lines[k] + "\n" + (k == i ? lines[k] + "\n" : "");
    expect_refused(at_once, "a run is there twice");
  }
  put(path("comparison") / "runs.jsonl", lines[2] + "\n" + lines[0] + "\n");  // in any order, and not all
  EXPECT_EQ(shell(kCompare + "comparison").code, 0);
}

TEST_F(DamagedComparison, UpdatesAndSeedsAreWholeNumbers) {
  for (const std::string number : {"1e300", "-1", "1.5", "null", "\"1\"", "1e18", "1e20"}) {
    SCOPED_TRACE(number);
    const std::size_t seed = text_.find("\"seed\": ") + 8;
    expect_refused(text_.substr(0, seed) + number + text_.substr(text_.find(',', seed)), "not a run");
    const std::size_t update = text_.find("\"epochs\": [[") + 12;
    expect_refused(text_.substr(0, update) + number + text_.substr(text_.find(',', update)), "not a run");
  }
}

TEST_F(DamagedFolders, TrialsOfASearchAreWholeNumbers) {
  const std::string tune =
      "exec \"$0\" tune --data 'idx(data)' --model 'dense(2)' --optimizer 'sgd(lr=log(1e-3, 1))' --epochs 1 "
      "--batch 5 --trials 2 --threads 1 --out search";
  ASSERT_EQ(shell(tune).code, 0);
  const fs::path file = path("search") / "trials.jsonl";
  const std::string trials = contents(file);
  for (const std::string key : {"trial", "epochs", "repeat"}) {
    for (const std::string number : {"1e300", "-1", "1.5", "null", "\"1\""}) {
      const std::size_t at = trials.find("\"" + key + "\": ") + key.size() + 4;
      put(file, trials.substr(0, at) + number + trials.substr(trials.find(',', at)));
      const Outcome outcome = shell(tune);
      EXPECT_EQ(outcome.code, 3) << key << " " << number << outcome.err;
      EXPECT_NE(outcome.err.find("a line is not a trial"), std::string::npos) << outcome.err;
    }
  }
}

}  // namespace
}  // namespace thalweg
