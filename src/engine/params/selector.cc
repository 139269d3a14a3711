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

struct Word {
  std::string_view text;
  bool (*selects)(const Parameter&);
};
constexpr std::string_view kAll = "all", kRest = "rest";
constexpr Word kWords[] = {
    {kAll, any},
    {"matrices", is_matrix},
    {kRest, none},
    {"weight", has_role<Role::weight>},
    {"bias", has_role<Role::bias>},
    {"norm", has_role<Role::norm>},
    {"embedding", has_role<Role::embedding>},
    {"other", has_role<Role::other>},
};

}  // namespace

Selector::Selector(const Value& value) {
  if (value.kind != Value::Kind::list) add(value);
  for (const Value& element : value.list) add(element);
}

void Selector::add(const Value& value) {
  const bool quoted = value.kind == Value::Kind::string;
  const auto* found = std::ranges::find(kWords, std::string_view(value.word), &Word::text);
  const bool takes_away = quoted && value.word.starts_with('!');
  if (takes_away && parts_.empty()) parts_.push_back({std::string(kAll), any});
  if (quoted || found == std::end(kWords)) {
    parts_.push_back({value.word.substr(takes_away ? 1 : 0), nullptr, takes_away});
  } else {
    parts_.push_back({value.word, found->selects});
  }
}

bool Selector::matches(const Parameter& parameter, bool among_rest) const {
  bool selected = false;
  for (const Part& part : parts_) {
    const bool met = part.selects == nullptr
                         ? matches_pattern(part.text, parameter.name())
                         : part.selects(parameter) || (part.selects == none && among_rest);
    if (met) selected = !part.takes_away;
  }
  return selected;
}

bool Selector::rest() const {
  return std::ranges::any_of(parts_, [](const Part& part) { return part.selects == none; });
}

bool Selector::all() const { return parts_.size() == 1 && parts_[0].selects == any; }

bool Selector::has_patterns() const {
  return std::ranges::any_of(parts_, [](const Part& part) { return part.selects == nullptr; });
}

void Selector::check(const Params& params, std::string_view where, std::string_view owner) const {
  for (const Part& part : parts_) {
    if (part.selects != nullptr) continue;
    const bool matched = std::any_of(params.begin(), params.end(), [&](const Parameter& parameter) {
      return matches_pattern(part.text, parameter.name());
    });
    if (matched) continue;
    std::vector<std::string_view> names;
    for (const Parameter& parameter : params) names.push_back(parameter.name());
    const bool unquoted = part.text.starts_with('!');
    throw Error(Code::usage,
                {std::string(where), "`on` of `" + std::string(owner) + "` matches no parameter",
                 "`" + part.text + "`", "all, matrices, rest, a role or a name pattern",
                 unquoted ? "quote an exclusion: on=\"" + part.text + "\"" : did_you_mean(part.text, names)});
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
