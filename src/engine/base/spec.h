// What a named thing is and which options it takes, said once. Help, lists, errors, printing and checkpoints
// are derived from it.
#pragma once

#include <charconv>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/text.h"

namespace thalweg {

enum class OptionType {
  number,     // a double
  scalar,     // a number or a schedule
  integer,    // a whole number
  length,     // updates (500), a share (5%) or epochs (2ep)
  amount,     // a number, or a share (10%) of what the doc line says
  flag,       // true or false
  choice,     // one of `choices`
  name,       // any word or string: a column, a file, a folder
  selector,   // which parameters: a role, `matrices`, `all`, `rest`, a name pattern or a list of these
  numbers,    // a list of numbers, or one of `choices` where there are any
  lengths,    // a list of lengths
  schedules,  // a list of schedules and numbers
  names,      // a name, or a list of names
  sizes,      // a whole number for every axis, a list of one an axis, or one of `choices`
  block,      // a text of layers
};

// The values a number may take; the words of an interval: [min, max], open where said so.
struct Range {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  bool open_min = false;
  bool open_max = false;

  constexpr bool contains(double x) const {
    return (open_min ? x > min : x >= min) && (open_max ? x < max : x <= max);
  }
};

// "[0, 1)", "at least 1", "any number".
std::string print_range(const Range& range);

inline constexpr Range kAnyNumber{};
inline constexpr Range kNotNegative{0.0};
inline constexpr Range kPositive{.min = 0.0, .open_min = true};
inline constexpr Range kFraction{.min = 0.0, .max = 1.0, .open_max = true};  // [0, 1)
inline constexpr Range kAtLeastOne{1.0};

struct Option {
  std::string_view name = {};
  OptionType type = OptionType::number;
  std::string_view fallback = {};  // the default as text; empty: none
  Range range = {};
  std::string_view unit = {};     // "fraction", "updates", "1/update", ...
  std::string_view doc = {};      // one line
  std::string_view choices = {};  // types choice, numbers and sizes: "torch|optax"
  bool required = false;          // must be given
  std::string_view needs = {};    // means something only where this option differs from its default
};

// What a choice of the option `dialect` puts in the place of another option's default: the convention of a
// library or of the paper, where they disagree.
struct DialectDefault {
  std::string_view dialect;
  std::string_view option;
  std::string_view value;  // as text
};

inline constexpr Option kDialect{.name = "dialect",
                                 .type = OptionType::choice,
                                 .fallback = "own",
                                 .doc = "whose conventions the options that are not given follow",
                                 .choices = "own|torch|optax|keras|paper"};

struct Spec {
  std::string_view name;
  std::string_view doc;          // one line
  std::string_view source = {};  // the paper
  std::span<const Option> options = {};
  bool positional = true;  // whether arguments may be given by position (a selector never may)
  std::span<const DialectDefault> dialects = {};  // where there is an option `dialect`
  std::string_view formula = {};                  // lines of at most 90 characters, the letters explained

  // Index of an option, if there is one of that name.
  std::optional<std::size_t> find(std::string_view option) const;
};

// A number with its unit.
struct Amount {
  enum class Unit { plain, percent, epochs };
  double value = 0;
  Unit unit = Unit::plain;
  bool operator==(const Amount&) const = default;
};

// The value of one option: nothing (not given, no default), flag, number, length or amount, choice or name,
// the text of a schedule, of a list of schedules, of a selector, of sizes or of a block, or a list of numbers
// or lengths.
using Setting = std::variant<std::monostate, bool, double, Amount, std::string, Value, std::vector<Amount>>;
using Settings = std::vector<Setting>;  // one for each option of the Spec, in its order

// Whether the option reads the value.
bool accepts(const Option& option, const Value& value);

// Reads the arguments of `item` by the types of `spec`. Throws Error(usage) naming the option for one that is
// unknown, given twice, out of range, missing or of the wrong type.
Settings bind(const Spec& spec, const Item& item, const Source& source);

// The item that bind() reads back to the same settings: the first option by position where the Spec allows
// it, the others by name, in Spec order, those at their default left out unless `every`.
Item unbind(const Spec& spec, const Settings& settings, bool every = false);

// A number as it is, a flag as 0 or 1, a choice as its index; nothing for what is not a number.
std::optional<double> as_number(const Option& option, const Setting& setting);

// One setting as a value of the grammar.
Value to_value(const Option& option, const Setting& setting);

// The number of the Spec named `item.name` among `specs`; an Error(usage) with the nearest name otherwise.
// `noun` and `command` are those of KnownNames. `also` is a further complaint to be shown with it.
std::size_t find_spec(std::span<const Spec* const> specs, const Item& item, const Source& source,
                      std::string_view noun, std::string_view command, const std::string& also = {});

// Whether there is a Spec of that name.
bool has_spec(std::span<const Spec* const> specs, std::string_view name);

std::string_view type_name(OptionType type);

// What std::from_chars reads as a T; the whole word must be used.
template <class T>
std::optional<T> read_exactly(std::string_view word) {
  T number{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return number;
}
// A number must be finite.
std::optional<double> read_number(std::string_view word);
std::optional<Amount> read_amount(std::string_view word);

// The shortest decimal that reads back to the same double: 0.001, 3e-5, 1000000.
std::string print_number(double number);
std::string print_amount(const Amount& amount);

}  // namespace thalweg
