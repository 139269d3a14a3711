// thalweg help as its users meet it.
#include "tool_case.h"

namespace thalweg {
namespace {

struct Word {
  const char *word, *others, *meaning, *commands;
};

#define THALWEG_WORD(word, others, meaning, commands) {word, others, meaning, commands},
constexpr Word kWords[] = {
#include "src/tool/words.inc"
};
#undef THALWEG_WORD

// Every word is answered, in each of its spellings, and what it points at is there.
TEST_F(Tool, HelpAnswersTheWordsOfTheField) {
  for (const Word& one : kWords) {
    const Outcome outcome = run({"help", one.word});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(outcome.out.starts_with(std::string(one.word) + ": " + one.meaning + "\nsee:\n"))
        << outcome.out;
    for (const std::string& line : lines_of(outcome.out)) {
      if (!line.starts_with("  thalweg ")) continue;
      const std::string command = line.substr(10), what = command.substr(command.find(' ') + 1);
      const Arguments tried = what == command ? Arguments{command, "--help"}
                                              : Arguments{command.substr(0, command.find(' ')), what};
      EXPECT_EQ(run(tried).code, 0) << line;
    }
  }
  const std::string warmup = run({"help", "warmup"}).out;
  for (const char* spelling : {"warm-up", "Warm_Up", "warm up", "WARMUPS"})
    EXPECT_EQ(run({"help", spelling}).out, warmup);
  EXPECT_EQ(run({"help", "restarts"}).out, run({"help", "sgdr"}).out);
}

// A name of the catalogue stays what it is.
TEST_F(Tool, HelpPrefersNames) {
  for (const Word& one : kWords)
    EXPECT_EQ(run({"help", one.word}).out.find("source: "), std::string::npos) << one.word;
  EXPECT_EQ(run({"help", "s"}).code, 2);  // no word, though an s at the end of one does not count
  EXPECT_TRUE(run({"help", "momentum"}).out.starts_with("momentum (transforms)"));
}

}  // namespace
}  // namespace thalweg
