// Completion and manual pages against what --help says.
#include <regex>

#include "tool_case.h"

namespace thalweg {
namespace {

class Words : public Tool {
 protected:
  std::set<std::string> complete(const Arguments& typed) const {
    Arguments arguments = {"completion", "words", "--"};
    arguments.insert(arguments.end(), typed.begin(), typed.end());
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    std::set<std::string> found;
    for (const std::string& line : lines_of(outcome.out)) found.insert(line.substr(0, line.find('\t')));
    return found;
  }

  std::set<std::string> found(const std::string& text, const char* pattern) const {
    std::set<std::string> out;
    const std::regex regex(pattern);
    for (std::sregex_iterator i(text.begin(), text.end(), regex), end; i != end; ++i) out.insert((*i)[1]);
    return out;
  }

  std::set<std::string> commands() const {
    const std::string help = run({"--help"}).out;
    const std::size_t begin = help.find("Commands:");
    return found(help.substr(begin, help.find("\nOptions:") - begin), "\n  ([a-z-]+) ");
  }
};

TEST_F(Words, EveryCommandAndOptionOfHelpIsThere) {
  const std::set<std::string> all = commands();
  ASSERT_GE(all.size(), 13u);
  EXPECT_EQ(complete({""}), all);
  const std::string tool_page = run({"man"}).out;
  const auto as_roff = [](const std::string& text) {
    return std::regex_replace(text, std::regex("-"), "\\-");
  };
  for (const std::string& command : all) {
    SCOPED_TRACE(command);
    EXPECT_NE(tool_page.find("\\fB" + as_roff(command) + "\\fR"), std::string::npos);
    const std::set<std::string> options = found(run({command, "--help"}).out, "(--[a-z][a-z-]*)(?=[ ,\n{])");
    EXPECT_TRUE(options.contains("--help"));
    const std::set<std::string> completed = complete({command, "--"});
    const std::string page = run({"man", command}).out;
    for (const std::string& option : options) {
      EXPECT_TRUE(completed.contains(option)) << option;
      EXPECT_NE(page.find("\\fB" + as_roff(option) + "\\fR"), std::string::npos) << option;
    }
  }
}

// What an option takes and what it is by default, beside its doc line; nothing wider than a terminal.
TEST_F(Words, HelpShowsTypesAndDefaults) {
  const std::string train = run({"train", "--help"}).out;
  for (const char* part : {"--epochs N ", "[auto]", "--order ORDER", "[shuffle]", "--seed N", "--config FILE",
                           "--restore-best, --no-restore-best", "Settings of the run:"})
    EXPECT_NE(train.find(part), std::string::npos) << part << " in " << train;
  EXPECT_NE(run({"compare", "--help"}).out.find("(required)"), std::string::npos);
  EXPECT_NE(run({"batch-find", "--help"}).out.find("[1GiB]"), std::string::npos);
  EXPECT_NE(run({"predict", "--help"}).out.find("--format csv|jsonl"), std::string::npos);
  for (const std::string& command : commands()) {
    const std::string help = run({command, "--help"}).out;
    EXPECT_EQ(help.find("TEXT"), std::string::npos) << command;
    for (const std::string& line : lines_of(help)) EXPECT_LE(line.size(), 80u) << line;
  }
}

TEST_F(Words, ValuesToo) {
  EXPECT_EQ(complete({"train", "--order", "s"}), (std::set<std::string>{"shuffle"}));
  EXPECT_EQ(complete({"train", "--batch", ""}), (std::set<std::string>{"auto", "full"}));
  EXPECT_EQ(complete({"train", "--batch=f"}), (std::set<std::string>{"--batch=full"}));
  EXPECT_TRUE(complete({"train", "--optimizer", "adam"}).contains("adamw"));
  EXPECT_EQ(complete({"train", "--optimizer", "clip_norm(1) | adamw(be"}),
            (std::set<std::string>{"clip_norm(1) | adamw(beta1=", "clip_norm(1) | adamw(beta2="}));
  EXPECT_TRUE(complete({"train", "--optimizer", "adamw(lr=cos"}).contains("adamw(lr=cosine"));
  EXPECT_TRUE(complete({"train", "--optimizer", "adam(dialect="}).contains("adam(dialect=torch"));
  EXPECT_TRUE(complete({"train", "--optimizer", "lr(cosine(1, warm"}).contains("lr(cosine(1, warmup="));
  EXPECT_TRUE(complete({"compare", "--optimizers", "adam; sg"}).contains("adam; sgd"));
  EXPECT_TRUE(complete({"train", "--model", "dense(10) | re"}).contains("dense(10) | relu"));
  EXPECT_TRUE(complete({"descend", "rosen"}).contains("rosenbrock"));
  EXPECT_EQ(complete({"list", "sche"}), (std::set<std::string>{"schedules"}));
  EXPECT_TRUE(complete({"help", "adam"}).contains("adamw"));
  EXPECT_EQ(complete({"man", "tra"}), (std::set<std::string>{"train", "translate"}));
  EXPECT_TRUE(complete({"train", "--out", ""}).empty());  // a file
  fs::create_directories(path("runs/7"));
  fs::create_directories(path("runs/none"));
  write("runs/7/config.toml", "");
  write("runs/none/other", "");
  EXPECT_EQ(complete({"eval", ""}), (std::set<std::string>{"runs/7"}));
  EXPECT_EQ(complete({"train", "--resume", "runs/"}), (std::set<std::string>{"runs/7"}));
}

// The script, sourced and asked as readline asks it.
TEST_F(Words, TheScriptOfBashWorks) {
  write("ask.sh", R"(command -v compopt > /dev/null || exit 77
source <("$1" completion bash)
compopt() { :; }
ask() {
  COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=("$TOOL") COMPREPLY=()
  _thalweg
  printf '%s\n' "${COMPREPLY[@]}"
}
TOOL=$1
ask "thalweg trai"
ask "thalweg train --order rep"
ask "thalweg train --optimizer \"clip_norm(1) | adamw(beta1"
ask "thalweg train --batch=fu"
)");
  const Outcome outcome = Process(path(""), {"bash", "ask.sh", THALWEG_TOOL}).wait();
  if (outcome.code == 77 || outcome.code == -1) GTEST_SKIP() << "no bash with completion";
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out, "train\nreplacement\nclip_norm(1) | adamw(beta1=\nfull\n");
}

TEST_F(Words, EveryShellHasAScript) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const Outcome outcome = run({"completion", shell});
    EXPECT_EQ(outcome.code, 0);
    EXPECT_NE(outcome.out.find("completion words --"), std::string::npos);
  }
  EXPECT_EQ(run({"completion", "csh"}).code, 2);
  EXPECT_EQ(run({"man", "trian"}).code, 2);
}

}  // namespace
}  // namespace thalweg
