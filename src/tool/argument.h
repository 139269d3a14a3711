// What a command takes, as data: its parser, --help, manual page and completion are made from it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/spec.h"

namespace thalweg::tool {

// Where a value goes. What stands there before is the default.
using Into = std::variant<bool*, int*, std::uint64_t*, double*, std::string*, std::optional<std::uint64_t>*,
                          std::optional<double>*, std::optional<std::string>*, std::vector<std::string>*,
                          std::vector<std::uint64_t>*, std::vector<double>*>;

struct Traits {
  Range range = {};                        // of numbers
  std::string word = {};                   // "auto": stands for the default
  std::string shown = {};                  // the default in --help where the value does not tell it
  std::string choices = {};                // "csv|jsonl": nothing else will do
  std::string offers = {};                 // "last|best": words among what will do
  bool required = false;                   // of a positional argument
  bool bytes = false;                      // may have a unit: 512MiB, 2GiB
  bool negatable = false;                  // a switch with a --no-NAME: reads "true" or "false"
  std::vector<std::string> excludes = {};  // options that may not stand beside it
  std::string needs = {};                  // an option that must
  bool list = false;                       // of texts between semicolons; given again, it goes on
  std::string group = {};                  // heading in --help
};

struct Argument {
  // `call` is an option with the type of its value, "--epochs N", a switch, "--json", or a positional
  // argument, "run RUN".
  Argument(std::string_view call, Into target, std::string one_line, Traits more = {});

  std::string name;  // "--epochs", "run"
  std::string type;  // what completion knows it by: "RUN", "CHAIN"; empty: a switch
  Into into;
  std::string doc;
  Traits traits;

  bool positional() const { return !name.starts_with("-"); }
  bool is_switch() const { return type.empty(); }
  bool takes_several() const;
  std::string fallback() const;  // the default as --help shows it; empty: none
};

// Those that stood on the command line.
using Given = std::span<const Argument* const>;
bool has(Given given, std::string_view name);

// Writes the words given to an argument to where it says. Throws Error(usage).
void read(const Argument& argument, const std::vector<std::string>& words);

// A whole number in `range` given to `option`. Throws Error(usage).
std::uint64_t whole_number(const std::string& option, const std::string& text, const Range& range = {});

// Throws Error(usage) when the point given to `option` has not the dimension of what is called `of`.
void check_point(const std::string& option, std::span<const double> point, std::size_t dimension,
                 const std::string& of);

// "a|b|c" as its words, none where it is empty, and as "a, b or c".
std::vector<std::string> words_of(std::string_view choices);
std::string spoken(std::string_view choices);

// The text in capital letters.
std::string upper(std::string text);

// What stands between separators: at least one part, which may be empty.
std::vector<std::string> split(std::string_view text, char separator);

// Puts a group of arguments at the end of a table.
void append(std::vector<Argument>& table, std::vector<Argument> group, const std::string& name);

// Arguments that many commands take.
Argument config_argument(std::optional<std::string>& into);
Argument json_argument(bool& into);
Argument threads_argument(int& into, std::string doc = "threads");

}  // namespace thalweg::tool
