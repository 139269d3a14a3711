#include "params/selector.h"

#include <algorithm>

#include "base/did_you_mean.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

template <Role kRole>
bool has_role(const Parameter& parameter) {
  return parameter.role() == kRole;
}

bool any(const Parameter&) { return true; }

bool none(const Parameter&) { return false; }

// The weights of linear maps, and every adopted parameter of which nothing is known.
bool is_matrix(const Parameter& parameter) {
  if (parameter.role() == Role::none) return true;
  return parameter.role() == Role::weight && parameter.shape().size() >= 2;
}

const std::vector<Selector::Word>& known_words() {
  static const std::vector<Selector::Word> words = {
      {"all", any},
      {"matrices", is_matrix},
      {"rest", none},
      {"weight", has_role<Role::weight>},
      {"bias", has_role<Role::bias>},
      {"norm", has_role<Role::norm>},
      {"embedding", has_role<Role::embedding>},
      {"other", has_role<Role::other>},
  };
  return words;
}

}  // namespace

Selector::Selector(const Value& value) {
  if (value.kind != Value::Kind::list) add(value);
  for (const Value& element : value.list) add(element);
}

void Selector::add(const Value& value) {
  const auto found = std::find_if(known_words().begin(), known_words().end(),
                                  [&](const Word& word) { return word.text == value.word; });
  if (value.kind == Value::Kind::string || found == known_words().end()) {
    patterns_.push_back(value.word);
  } else {
    words_.push_back(*found);
    rest_ = rest_ || found->text == "rest";
  }
}

bool Selector::matches(const Parameter& parameter) const {
  return std::any_of(words_.begin(), words_.end(),
                     [&](const Word& word) { return word.selects(parameter); }) ||
         std::any_of(patterns_.begin(), patterns_.end(),
                     [&](const std::string& pattern) { return matches_pattern(pattern, parameter.name()); });
}

void Selector::check(const Params& params, std::string_view where, std::string_view owner) const {
  for (const std::string& pattern : patterns_) {
    const bool matched = std::any_of(params.begin(), params.end(), [&](const Parameter& parameter) {
      return matches_pattern(pattern, parameter.name());
    });
    if (matched) continue;
    std::vector<std::string_view> names;
    for (const Parameter& parameter : params) names.push_back(parameter.name());
    throw Error(Code::usage, {std::string(where), "`on` of `" + std::string(owner) + "` matches no parameter",
                              "`" + pattern + "`", "all, matrices, rest, a role or a name pattern",
                              did_you_mean(pattern, names)});
  }
}

bool matches_pattern(std::string_view pattern, std::string_view name) {
  // On a mismatch the last * takes one character more; earlier ones need not be tried again.
  std::size_t p = 0, n = 0, star = std::string_view::npos, kept = 0;
  while (n < name.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || (pattern[p] == name[n] && pattern[p] != '*'))) {
      ++p;
      ++n;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      kept = n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++kept;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace thalweg
