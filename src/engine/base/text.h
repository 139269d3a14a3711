// The one text grammar: name(args) | name(args). Optimizers, schedules, models, losses and data sources are
// written in it.
//
//   text := item ('|' item)*      item := name [ '(' [arg (',' arg)*] ')' ]      arg := [name '='] value
//   value := "string" | word | text | '[' value (',' value)* ']'                 list := text (';' text)*
//
// A word is a run of characters other than white space and ( ) [ ] , | = ; " - numbers are words too: the
// Spec's type of an option decides how a word is read (spec.h).
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "thalweg/error.h"

namespace thalweg {

struct Item;
using Text = std::vector<Item>;

struct Value {
  enum class Kind { word, string, text, list };
  Kind kind = Kind::word;
  std::string word;         // kind word or string, with quotes and escapes resolved
  Text text;                // kind text: an item with brackets, or several items
  std::vector<Value> list;  // kind list
  std::size_t at = 0;       // byte of the source where the value begins
};

struct Arg {
  std::string name;  // empty: positional
  Value value;
  std::size_t at = 0;
};

struct Item {
  std::string name;
  std::vector<Arg> args;
  std::size_t at = 0;
};

// A text with the word for it in messages: "optimizer", "schedule", "model", ...
struct Source {
  std::string where;
  std::string text;

  // An Error that shows the text with a caret under byte `at`; the column, counted in characters, is added to
  // `where`.
  [[nodiscard]] Error error(std::size_t at, Message message, Code code = Code::usage) const;
};

// Checks the name of an item and throws when it is unknown; `also` is a further complaint to be shown with
// it.
using NameCheck = std::function<void(const Item& item, const std::string& also)>;

// Brackets nest at most this deep.
inline constexpr int kMaxNesting = 64;

// Parses one text. When a closing bracket is missing, `check` sees the names of the top-level items first, so
// that a text with both faults is told both.
Text parse(const Source& source, const NameCheck& check = {});

// The text with the tuples of Python, brackets that follow no name, as lists. What it returns has none left:
// it returns that itself.
std::string tuples_as_lists(std::string text);

// Splits "a; b; c" at semicolons outside strings; empty parts are errors.
std::vector<std::string> split_list(const Source& source);

// Canonical form of a value or text: one space around '|', after ',' and nowhere else. parse(print(x)) == x.
std::string print(const Value& value);
std::string print(const Text& text);

// The word as it must be written to be read back as one: quoted when it holds a delimiter, or when `quoted`.
std::string print_word(std::string_view word, bool quoted = false);

// A word of a command line as a shell takes it: quoted where it has to be.
std::string shell_word(const std::string& word);

// What `print` makes of each element, with the separator between them.
template <class Range, class Print>
std::string join(const Range& range, std::string_view separator, const Print& print) {
  std::string out;
  for (const auto& element : range) {
    if (!out.empty()) out += separator;
    out += print(element);
  }
  return out;
}
template <class Texts>
std::string join(const Texts& texts, std::string_view separator) {
  return join(texts, separator, [](std::string_view text) { return std::string(text); });
}

}  // namespace thalweg
