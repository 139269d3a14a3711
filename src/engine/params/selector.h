// on=: which parameters a transform acts on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "thalweg/params.h"

namespace thalweg {

class Selector {
 public:
  // From a value of the grammar: a word, a string or a list of these. A bare word is a role or keyword if it
  // is one, else a name pattern with * and ?; a string is always a pattern.
  explicit Selector(const Value& value);

  // Whether it selects the parameter without regard to `rest`.
  bool matches(const Parameter& parameter) const;

  // Whether it also takes what no other transform of its kind selects.
  bool rest() const { return rest_; }

  // Whether it is `all` and nothing else.
  bool all() const { return !rest_ && patterns_.empty() && words_.size() == 1 && words_[0].text == "all"; }

  // Its name patterns; each must match some parameter.
  const std::vector<std::string>& patterns() const { return patterns_; }

  // Throws Error(usage), said of `owner` in `where`, when one of its patterns matches no parameter.
  void check(const Params& params, std::string_view where, std::string_view owner) const;

  // Its roles and keywords as written, each with whether it selects the parameter (`rest` never does).
  struct Word {
    std::string text;
    bool (*selects)(const Parameter&);
  };
  const std::vector<Word>& words() const { return words_; }

 private:
  void add(const Value& value);

  std::vector<Word> words_;
  std::vector<std::string> patterns_;
  bool rest_ = false;
};

// Shell-like: * is any run of characters, ? any one.
bool matches_pattern(std::string_view pattern, std::string_view name);

}  // namespace thalweg
