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
  // is one, else a name pattern with * and ?; a string is a pattern, and one that begins with ! takes away
  // what the pattern after it matches from what stands before it in the list, from all where nothing does.
  explicit Selector(const Value& value);

  // Whether it selects the parameter, which is among the `rest` or not.
  bool matches(const Parameter& parameter, bool among_rest = false) const;

  // Whether it also takes what no other transform of its kind selects.
  bool rest() const;

  // Whether it is `all` and nothing else.
  bool all() const;

  // Whether it goes by names.
  bool has_patterns() const;

  // Throws Error(usage), said of `owner` in `where`, when one of its patterns matches no parameter.
  void check(const Params& params, std::string_view where, std::string_view owner) const;

 private:
  // One of the list: a role or keyword, or a pattern that adds or takes away.
  struct Part {
    std::string text;                             // of a pattern, without !
    bool (*selects)(const Parameter&) = nullptr;  // null for a pattern
    bool takes_away = false;
  };
  void add(const Value& value);

  std::vector<Part> parts_;
};

// Shell-like: * is any run of characters, ? any one.
bool matches_pattern(std::string_view pattern, std::string_view name);

}  // namespace thalweg
