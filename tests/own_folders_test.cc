// Folders of runs, comparisons and searches that come from a stranger: nothing outside them is written,
// whatever their names lead to.
#include <sys/stat.h>

#include <functional>

#include "faults.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

using Trap = std::function<void(const fs::path& victim, const fs::path& path)>;

class OwnFolders : public testing::Test {
 protected:
  void SetUp() override { fs::create_directory(path("outside")); }

  fs::path path(const std::string& name) const { return runs_.path(name); }

  // A shell line run beside the folders, `$0` the tool.
  Outcome shell(const std::string& line) const {
    return Process(path(""), {"sh", "-c", line, THALWEG_TOOL}).wait();
  }

  // Puts a trap in the place of each file of a folder in turn; `again` is to refuse it and touch nothing.
  void expect_refused(const fs::path& whole, const std::string& again, const std::vector<std::string>& names,
                      const std::string& got, const Trap& trap) const {
    for (const std::string& name : names) {
      SCOPED_TRACE(got + " as " + name);
      const fs::path folder = runs_.copy(whole, "trapped");
      const fs::path victim = path("outside") / "victim";
      fs::remove(victim);
      if (fs::exists(folder / name)) {
        fs::copy_file(folder / name, victim);  // what is read of it is in order
      } else {
        std::ofstream(victim) << "precious";
      }
      fs::remove(folder / name);
      trap(victim, folder / name);
      const auto before = snapshot(path("outside"));
      const Outcome outcome = shell(again);
      EXPECT_EQ(outcome.code, 3) << outcome.err;
      EXPECT_NE(outcome.err.find(name + ": not a file of this folder alone; got " + got), std::string::npos)
          << outcome.err;
      EXPECT_EQ(differences(before, snapshot(path("outside"))), std::vector<std::string>());
    }
  }

  void expect_links_are_refused(const fs::path& whole, const std::string& again,
                                const std::vector<std::string>& names) const {
    expect_refused(whole, again, names, "a symbolic link",
                   [](const fs::path& victim, const fs::path& at) { fs::create_symlink(victim, at); });
    expect_refused(whole, again, names, "2 names of one file",
                   [](const fs::path& victim, const fs::path& at) { fs::create_hard_link(victim, at); });
    expect_refused(whole, again, {names.front()}, "a pipe or a device",
                   [](const fs::path&, const fs::path& at) { ASSERT_EQ(::mkfifo(at.c_str(), 0600), 0); });
  }

  TinyRuns runs_;
};

TEST_F(OwnFolders, OfARunHoldFilesOfTheirOwn) {
  const fs::path whole = runs_.make("whole", 2, 5);
  expect_links_are_refused(
      whole, "exec \"$0\" train --quiet --resume trapped",
      {"lock", "metrics.jsonl", "details.jsonl", "config.toml", "plan.txt", "encoding.json",
       "environment.json", "examples.json", "result.json", "report.html", "checkpoints/5.safetensors",
       "checkpoints/8.safetensors", "checkpoints/best-4.safetensors", "checkpoints/changed-5.safetensors"});
}

TEST_F(OwnFolders, OfARunHaveTheirCheckpointsInside) {
  const fs::path whole = runs_.make("whole", 2, 5);
  const fs::path run = runs_.copy(whole, "trapped");
  fs::rename(run / "checkpoints", path("outside") / "checkpoints");
  std::ofstream(path("outside") / "checkpoints" / "1.safetensors") << "not ours to remove";
  fs::create_directory_symlink("../outside/checkpoints", run / "checkpoints");
  const auto before = snapshot(path("outside"));
  for (const std::string more : {"", " --epochs 3 --lengths new"}) {
    const Outcome outcome = shell("exec \"$0\" train --quiet --resume trapped" + more);
    EXPECT_EQ(outcome.code, 3) << outcome.err;
    EXPECT_NE(outcome.err.find("checkpoints: not a file of this folder alone"), std::string::npos)
        << outcome.err;
  }
  EXPECT_EQ(differences(before, snapshot(path("outside"))), std::vector<std::string>());
}

TEST_F(OwnFolders, OfARunMayThemselvesBeNamedByALink) {
  const fs::path run = runs_.make("whole", 2, 5);
  fs::create_directory_symlink("whole", path("link"));
  EXPECT_EQ(shell("exec \"$0\" train --quiet --resume link").code, 0);
  EXPECT_TRUE(fs::exists(run / "result.json"));
  EXPECT_TRUE(fs::is_symlink(path("link")));
}

TEST_F(OwnFolders, LeftoversGoUnderOurNamesAlone) {
  const fs::path run = runs_.make("whole", 2, 5);
  const std::vector<std::string> ours = {"config.toml.tmp-12-0", "result.json.tmp-1-22",
                                         "checkpoints/5.safetensors.tmp-3-4",
                                         "checkpoints/changed-5.safetensors.tmp-3-4"};
  const std::vector<std::string> others = {"notes.tmp-12-0", "config.toml.tmp-12", "checkpoints/mine.tmp-3-4",
                                           "checkpoints/5.safetensors.tmp-x"};
  for (const auto& names : {ours, others}) {
    for (const std::string& name : names) std::ofstream(run / name) << "x";
  }
  std::ofstream(path("outside") / "victim") << "precious";
  fs::create_symlink("../outside/victim", run / "plan.txt.tmp-5-5");
  EXPECT_EQ(shell("exec \"$0\" train --quiet --resume whole").code, 0);
  for (const std::string& name : ours) EXPECT_FALSE(fs::exists(run / name)) << name;
  for (const std::string& name : others) EXPECT_TRUE(fs::exists(run / name)) << name;
  EXPECT_FALSE(fs::is_symlink(run / "plan.txt.tmp-5-5"));
  EXPECT_EQ(contents(path("outside") / "victim"), "precious");
}

TEST_F(OwnFolders, PagesInARunAreNotWrittenThroughLinks) {
  const fs::path run = runs_.make("whole", 2, 5);
  for (const std::string page : {"report.html", "landscape.html"}) {
    std::ofstream(path("outside") / "victim") << "precious";
    fs::create_symlink("../outside/victim", run / page);
    EXPECT_EQ(
        shell(std::string("exec \"$0\" ") + (page[0] == 'r' ? "page whole" : "landscape whole --points 5"))
            .code,
        0);
    EXPECT_EQ(contents(path("outside") / "victim"), "precious");
    EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(run / page)));
  }
}

TEST_F(OwnFolders, OfAComparisonHoldFilesOfTheirOwn) {
  const std::string compare =
      "exec \"$0\" compare --quiet --optimizers 'sgd(lr=0.1); adam(lr=0.01)' --data 'idx(data)' --model "
      "'dense(2)' --epochs 1 --batch 5 --seeds 1 --rates 1 --out ";
  const Outcome made = shell(compare + "comparison");
  ASSERT_EQ(made.code, 0) << made.err;
  expect_links_are_refused(path("comparison"), compare + "trapped",
                           {"lock", "settings.json", "runs.jsonl", "report.html"});
  std::ofstream(path("comparison") / "settings.json.tmp-1-1") << "x";
  std::ofstream(path("comparison") / "notes.tmp-1-1") << "x";
  EXPECT_EQ(shell(compare + "comparison").code, 0);
  EXPECT_EQ(temporaries(path("comparison")), std::vector<std::string>{"notes.tmp-1-1"});
}

TEST_F(OwnFolders, OfASearchHoldFilesOfTheirOwn) {
  const std::string tune =
      "exec \"$0\" tune --data 'idx(data)' --model 'dense(2)' --optimizer 'sgd(lr=log(1e-3, 1))' --epochs 1 "
      "--batch 5 --trials 2 --out ";
  const Outcome made = shell(tune + "search");
  ASSERT_EQ(made.code, 0) << made.err;
  expect_links_are_refused(path("search"), tune + "trapped", {"lock", "trials.jsonl"});
  std::ofstream(path("search") / "trials.jsonl.tmp-1-1") << "x";
  EXPECT_EQ(shell(tune + "search").code, 0);
  EXPECT_EQ(temporaries(path("search")), std::vector<std::string>());
}

}  // namespace
}  // namespace thalweg
