// How the parts of `verify` read a case of another library, and end it early.
//
// A case is a JSON object of the schema that the files of tests/vectors/oracles follow. It ends in one of
// three ways: replayed and compared; skipped (Skip), because the engine lacks what it needs or has another
// formula; failed (Malformed), because the file does not keep to the schema. Whether a case is skipped is
// decided from its fields only, never from its numbers or its file's name.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "thalweg/params.h"

namespace thalweg::oracle {

using Json = nlohmann::json;

struct Skip : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The row of a table that has that name, if there is one.
template <class Row, std::size_t kRows>
const Row* find_named(const Row (&rows)[kRows], std::string_view name) {
  const Row* found = std::find_if(rows, rows + kRows, [&](const Row& row) { return row.name == name; });
  return found == rows + kRows ? nullptr : found;
}

// A number, or one of the strings "nan", "inf" and "-inf". `what` names it in a complaint.
double read_number(const Json& value, std::string_view what);

// The numbers of an array of any depth, or a single one.
std::vector<double> read_numbers(const Json& value, std::string_view what);

const Json& read_array(const Json& value, std::string_view what);
std::string read_string(const Json& value, std::string_view what);

Shape read_shape(const Json& value);

// A matrix {rows, columns}, row-major, with its columns as rows.
std::vector<double> transposed(const std::vector<double>& matrix, std::size_t rows);

// The member `key` of an object. Throws Malformed when it is missing.
const Json& member(const Json& object, const char* key);

// What decides, beside a schedule's own arguments, whether it is one of the engine's.
struct Clock {
  double scale = 1;   // updates of the engine to one of the case
  double origin = 0;  // the update of the case that is the engine's first, where that is before 0
};

// An object of which no member may be overlooked: it remembers what was asked for. A null member is not
// given.
class Fields {
 public:
  Fields(const Json& object, std::string what, const Clock& clock = {});

  const Json* find(std::string_view key);  // null when not given

  // "a", "a|b|2": the first that is given; "a.1": the second of a list; "a|2*b": a product. Skip when none
  // is.
  double number(std::string_view keys);
  std::vector<double> numbers(std::string_view key);
  bool flag(std::string_view key, bool fallback);
  std::string text(std::string_view key, std::string_view fallback);

  // A text of the engine, of which each {blank} is filled in:
  //   {a|2}          such a number
  //   {a|2#}  {a!}   a number of updates; one that other libraries give a meaning at 0 and below
  //   {a,}  {a@}     a list of numbers; of updates
  //   {a:x/y=z}      a word or a flag, by the engine's word for it: x or, where it is y, z; x is the default
  std::string fill(std::string_view text);

  double scaled(double updates) const { return updates * clock_.scale; }
  const Clock& clock() const { return clock_; }

  // What was given and not asked for.
  std::vector<std::string> unread() const;
  void skip_unread() const;  // Skip naming the first of it
  [[noreturn]] void lacks(const std::string& what) const;
  const std::set<std::string>& asked() const { return asked_; }
  const Json& at(const std::string& key) const { return object_.at(key); }

 private:
  double first_given(std::string_view keys);
  std::string blank(std::string_view blank);
  std::string word(std::string_view key, std::string_view words);

  const Json& object_;
  std::string what_;
  Clock clock_;
  std::set<std::string> asked_;
};

std::vector<std::string_view> split(std::string_view text, std::string_view separator);
std::string listed(const std::vector<std::string>& texts, std::string_view between = ", ");
std::string list_text(const std::vector<double>& numbers);  // [1, 2.5]

// Reasons are joined by "; ", each said once.
void add_reason(std::string& reasons, const std::string& reason);

// Runs `part` and adds the reason of its Skip to `reasons`, so that a case names everything it lacks.
void collect(std::string& reasons, const std::function<void()>& part);

// The first line of what the engine says against a text that the case asks for.
std::string refusal(const std::exception& error);

// One entry of `params`. In the engine the parameters are called by engine_name, whatever the case calls
// them, so that no name is read as a pattern or a role.
struct Tensor {
  std::string name;
  Shape shape;
  std::vector<double> init;
};

// An object of `name`, `shape` and, under the key `numbers`, as many numbers as that has.
Tensor read_tensor(const Json& entry, const char* numbers);

}  // namespace thalweg::oracle
