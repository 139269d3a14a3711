// What the expressions of a translation come to.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/text.h"

namespace thalweg::python {

// Part of a chain, or a schedule.
struct Piece {
  Text text = {};
  bool is_schedule = false;
  bool floats = false;  // its peak, 1, is to be multiplied by a rate that stands elsewhere
  Text schedule = {};   // of the chain's rate, where a scheduler moves it
  Text unit = {};       // the same with a peak of 1, where it scales
};

struct Result {
  enum class Is { none, flag, number, word, list, table, piece, unknown };
  Is is = Is::none;
  double number = 0;
  std::string word = {};  // of `unknown`, what stands there
  std::vector<Result> list = {};
  Piece piece = {};
  std::size_t at = std::string::npos;  // of `unknown`, where it stands, if that is known

  static Result of(double number) { return {Is::number, number}; }
  static Result of(bool flag) { return {Is::flag, flag ? 1.0 : 0.0}; }
  bool has_number() const { return is == Is::number || is == Is::flag; }
  bool holds() const {
    return has_number() ? number != 0 : is != Is::none && !(is == Is::list && list.empty());
  }
  bool operator==(const Result& other) const {
    return is != Is::piece && (is == other.is || (has_number() && other.has_number())) &&
           number == other.number && word == other.word && list == other.list;
  }
};

// Values by name, and which of them were asked for.
struct Scope {
  std::map<std::string, Result> values = {};
  bool words = false;  // a name that nobody knows is a word
  std::set<std::string> used = {};

  const Result* find(const std::string& name) {
    const auto found = values.find(name);
    if (found == values.end()) return nullptr;
    used.insert(name);
    return &found->second;
  }
};

// As Python would print it, for messages.
std::string shown(const Result& result);

Value value_of(Text text);

// As a value of our grammar. Throws Error(usage) for what is none, where it stands or at that byte of the
// source.
Value written(const Result& result, const Source& source, std::size_t at);

}  // namespace thalweg::python
