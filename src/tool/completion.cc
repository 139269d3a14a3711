// thalweg completion: scripts with which a shell completes what is typed. They ask the tool itself, so they
// know what it knows.
#include "base/asset.h"
#include "tool/candidates.h"
#include "tool/command.h"

namespace thalweg::tool {

// A word that begins with a quote is completed as one: readline takes what is after the quote.
extern const Asset kCompletionBash;
extern const Asset kCompletionZsh;
extern const Asset kCompletionFish;

namespace {

int completion(const std::string& shell, const std::vector<std::string>& words) {
  std::string out;
  if (shell == "bash") out = kCompletionBash.text;
  if (shell == "zsh") out = kCompletionZsh.text;
  if (shell == "fish") out = kCompletionFish.text;
  if (shell == "words") {
    for (const Candidate& candidate : candidates(words))
      out += candidate.word + (candidate.doc.empty() ? "" : "\t" + candidate.doc) + "\n";
  }
  print(out);
  return kOk;
}

}  // namespace

Command completion_command() {
  struct Flags {
    std::string shell;
    std::vector<std::string> words;
  };
  static Flags flags;
  return {"completion",
          "Print a script that completes commands in a shell",
          {Argument("shell SHELL", &flags.shell,
                    "bash, zsh or fish; or `words -- WORD ...`: completions of the last word, one per line",
                    {.choices = "bash|zsh|fish|words", .required = true}),
           Argument("words WORD", &flags.words, "the words typed so far, for the script")},
          [](Given) { return completion(flags.shell, flags.words); }};
}

}  // namespace thalweg::tool
