#include "base/spec.h"
#include "base/did_you_mean.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace thalweg {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// What is said of each type, in the order of OptionType: its name in lists, what an error asks for, and
// whether the range follows.
struct TypeWords {
  std::string_view name, wanted;
  bool ranged = false;
};
constexpr TypeWords kTypeWords[] = {
    {"number", "a number, ", true},
    {"number|schedule", "a number or a schedule, ", true},
    {"integer", "a whole number, ", true},
    {"length", "updates (500), a share (5%) or epochs (2ep), ", true},
    {"number|share", "a number or a share (10%), ", true},
    {"flag", "true or false"},
    {"choice", ""},  // its choices
    {"name", "a name, in quotes if it contains a space or one of ( ) [ ] , | = ; \""},
    {"selector", "all, matrices, rest, a role, a name pattern or a list of these"},
    {"numbers", "a list of numbers such as [1, 0.5], each ", true},
    {"lengths", "a list of updates (500), shares (5%) or epochs (2ep), each ", true},
    {"schedules", "a list of schedules and numbers"},
    {"names", "names parted by blanks, or a list of names in quotes"},
    {"sizes", "a whole number or a list such as [3, 5], each ", true},
    {"block", "layers such as dense(64) | relu"},
};

const TypeWords& words_of(OptionType type) { return kTypeWords[static_cast<std::size_t>(type)]; }

std::string wanted(const Option& option) {
  const TypeWords& words = words_of(option.type);
  if (option.type == OptionType::choice) return std::string(option.choices);
  const std::string or_word = option.choices.empty() ? "" : ", or " + std::string(option.choices);
  return std::string(words.wanted) + (words.ranged ? print_range(option.range) : "") + or_word;
}

// A word or string, or some of them.
bool are_words(const Value& value) {
  if (value.kind == Value::Kind::list) {
    return !value.list.empty() && std::all_of(value.list.begin(), value.list.end(), [](const Value& one) {
      return one.kind == Value::Kind::word || one.kind == Value::Kind::string;
    });
  }
  return value.kind == Value::Kind::word || value.kind == Value::Kind::string;
}

bool is_length(const Option& option) {
  return option.type == OptionType::length || option.type == OptionType::lengths;
}

// A share or epochs of a length become updates later, at least 1 unless 0: only the sign matters here.
bool in_range(const Option& option, const Amount& amount) {
  const bool later = is_length(option) && amount.unit != Amount::Unit::plain;
  if (later && amount.value > 0) return true;
  const double unit = amount.unit == Amount::Unit::percent ? 0.01 : 1.0;
  return option.range.contains(amount.value * unit);
}

bool is_whole(double x) { return std::trunc(x) == x && std::abs(x) <= 9007199254740992.0; }

// A number with the units that the option's type knows, in its range.
std::optional<Amount> read_amount_of(const Option& option, const Value& value) {
  if (value.kind != Value::Kind::word) return std::nullopt;
  const std::optional<Amount> amount = read_amount(value.word);
  if (!amount || !in_range(option, *amount)) return std::nullopt;
  const bool plain = amount->unit == Amount::Unit::plain;
  if (is_length(option)) return plain && !is_whole(amount->value) ? std::nullopt : amount;
  const bool may_be_share = option.type == OptionType::amount && amount->unit == Amount::Unit::percent;
  return plain || may_be_share ? amount : std::nullopt;
}

std::optional<Setting> read_list(const Option& option, const Value& value) {
  if (value.kind != Value::Kind::list) return std::nullopt;
  std::vector<Amount> amounts;
  for (const Value& element : value.list) {
    const std::optional<Amount> amount = read_amount_of(option, element);
    if (!amount) return std::nullopt;
    amounts.push_back(*amount);
  }
  return amounts;
}

// Whether a list may hold schedules: each of them is read by what knows their shapes.
bool may_be_schedules(const Value& value) {
  return value.kind == Value::Kind::list &&
         std::all_of(value.list.begin(), value.list.end(), [](const Value& one) {
           return one.kind == Value::Kind::word || one.kind == Value::Kind::text;
         });
}

bool is_choice(const Option& option, std::string_view word) {
  const auto choices = split(option.choices, '|');
  return std::find(choices.begin(), choices.end(), word) != choices.end();
}

// The sizes, spelled as all numbers are.
std::optional<Setting> read_sizes(const Option& option, Value value) {
  if (value.kind == Value::Kind::word && is_choice(option, value.word)) return value;
  const auto respell = [&](Value& size) {
    const std::optional<double> number =
        size.kind == Value::Kind::word ? read_number(size.word) : std::nullopt;
    if (!number || !is_whole(*number) || !option.range.contains(*number)) return false;
    size.word = print_number(*number);
    return true;
  };
  std::vector<Value>& list = value.list;
  const bool fine =
      value.kind != Value::Kind::list ? respell(value) : !list.empty() && std::ranges::all_of(list, respell);
  return fine ? std::optional<Setting>(std::move(value)) : std::nullopt;
}

// Layers; a single one without arguments is a word.
std::optional<Setting> read_block(const Value& value) {
  if (value.kind == Value::Kind::text) return value;
  if (value.kind != Value::Kind::word) return std::nullopt;
  return Value{Value::Kind::text, {}, {Item{value.word, {}, value.at}}, {}, value.at};
}

// A choice `normal(std)` allows `normal` and `normal(0.02)`, which are read by what knows them.
std::optional<Setting> read_choice(const Option& option, const Value& value) {
  const bool word = value.kind == Value::Kind::word;
  if (!word && (value.kind != Value::Kind::text || value.text.size() != 1)) return std::nullopt;
  const std::string_view name = word ? value.word : value.text[0].name;
  const auto choices = split(option.choices, '|');
  const auto found = std::find_if(choices.begin(), choices.end(), [&](std::string_view choice) {
    return choice.substr(0, choice.find('(')) == name;
  });
  if (found == choices.end() || !(word || found->ends_with(')'))) return std::nullopt;
  return word ? Setting(value.word) : Setting(value);
}

// The value as the option's type reads it, or nothing when it cannot.
std::optional<Setting> read(const Option& option, const Value& value) {
  const bool word = value.kind == Value::Kind::word;
  switch (option.type) {
    case OptionType::number:
    case OptionType::scalar:
    case OptionType::integer: {
      const std::optional<double> number = word ? read_number(value.word) : std::nullopt;
      if (number && option.range.contains(*number) &&
          (option.type != OptionType::integer || is_whole(*number))) {
        return *number;
      }
      const bool may_be_schedule = option.type == OptionType::scalar && value.kind == Value::Kind::text;
      return may_be_schedule ? std::optional<Setting>(value) : std::nullopt;
    }
    case OptionType::length:
    case OptionType::amount: {
      const std::optional<Amount> amount = read_amount_of(option, value);
      return amount ? std::optional<Setting>(*amount) : std::nullopt;
    }
    case OptionType::flag:
      if (word && (value.word == "true" || value.word == "false")) return value.word == "true";
      return std::nullopt;
    case OptionType::choice:
      return read_choice(option, value);
    case OptionType::name:
      if (word || value.kind == Value::Kind::string) return value.word;
      return std::nullopt;
    case OptionType::names:
      if (word || value.kind == Value::Kind::string) return value.word;
      [[fallthrough]];
    case OptionType::selector:
      return are_words(value) ? std::optional<Setting>(value) : std::nullopt;
    case OptionType::numbers:
      if (word && is_choice(option, value.word)) return value.word;
      [[fallthrough]];
    case OptionType::lengths:
      return read_list(option, value);
    case OptionType::schedules:
      return may_be_schedules(value) ? std::optional<Setting>(value) : std::nullopt;
    case OptionType::sizes:
      return read_sizes(option, value);
    case OptionType::block:
      return read_block(value);
  }
  return std::nullopt;
}

Setting read_or_throw(const Spec& spec, const Option& option, const Value& value, const Source& source) {
  if (std::optional<Setting> setting = read(option, value)) return *std::move(setting);
  Message message{
      "", "`" + std::string(option.name) + "` of `" + std::string(spec.name) + "` does not accept this",
      "`" + print(value) + "`", wanted(option), ""};
  if (!option.choices.empty() && value.kind == Value::Kind::word) {
    message.hint = did_you_mean(value.word, split(option.choices, '|'));
  }
  if (const std::string here = in_words_of_here(source); message.hint.empty() && !here.empty())
    message.hint = "here it reads " + here;
  throw source.error(value.at, std::move(message));
}

std::size_t named_option(const Spec& spec, const Arg& arg, const Source& source) {
  if (const std::optional<std::size_t> index = spec.find(arg.name)) return *index;
  unknown_option(spec, arg, source);
}

std::size_t positional_option(const Spec& spec, const Arg& arg, std::size_t position, bool after_named,
                              const Source& source) {
  const std::string name = "`" + std::string(spec.name) + "`";
  const std::string got = "`" + print(arg.value) + "`";
  if (!spec.positional) {
    throw source.error(arg.at, {"", name + " takes named options only", got, wanted_options(spec), ""});
  }
  if (after_named) {
    throw source.error(
        arg.at, {"", "a positional argument after a named one", got, "positional arguments first", ""});
  }
  if (position >= spec.options.size() || spec.options[position].type == OptionType::selector) {
    throw source.error(arg.at, {"", "too many arguments for " + name, got, wanted_options(spec), ""});
  }
  return position;
}

// The default of an option as text, in the dialect that is spoken.
std::string_view fallback_of(const Spec& spec, const Option& option, std::string_view dialect) {
  const auto found = std::find_if(spec.dialects.begin(), spec.dialects.end(), [&](const DialectDefault& d) {
    return d.dialect == dialect && d.option == option.name;
  });
  return found == spec.dialects.end() ? option.fallback : found->value;
}

// The dialect that the settings speak; empty where there is none.
std::string_view dialect_of(const Spec& spec, const Settings& settings) {
  const std::optional<std::size_t> index = spec.find(kDialect.name);
  const std::string* dialect = index ? std::get_if<std::string>(&settings[*index]) : nullptr;
  return dialect != nullptr ? std::string_view(*dialect) : std::string_view();
}

Value default_value(std::string_view text) {
  return parse({"default", "x(" + std::string(text) + ")"})[0].args[0].value;
}

// Whether the setting is what it would be if it were not given.
bool at_default(const Spec& spec, const Settings& settings, std::size_t i) {
  if (std::holds_alternative<std::monostate>(settings[i])) return true;
  const Option& option = spec.options[i];
  const std::string_view text = fallback_of(spec, option, dialect_of(spec, settings));
  if (text.empty()) return false;
  const std::optional<Setting> fallback = read(option, default_value(text));
  return fallback && print(to_value(option, *fallback)) == print(to_value(option, settings[i]));
}

// An option that nothing would ever read is a mistake, not a wish.
void check_needs(const Spec& spec, const Settings& settings, const Item& item, const Source& source) {
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const Option& option = spec.options[i];
    if (option.needs.empty() || at_default(spec, settings, i)) continue;
    if (!at_default(spec, settings, *spec.find(option.needs))) continue;
    throw source.error(item.at, {"", "`" + std::string(option.name) + "` has no effect", "",
                                 "`" + std::string(option.needs) + "` as well", ""});
  }
}

// Settings that are not given. The dialect comes first: it decides on the others.
void fill_defaults(const Spec& spec, const Item& item, const std::vector<bool>& given, Settings& settings,
                   const Source& source) {
  const auto fill = [&](std::size_t i) {
    const Option& option = spec.options[i];
    const std::string_view text = fallback_of(spec, option, dialect_of(spec, settings));
    if (text.empty()) return;
    settings[i] = read_or_throw(spec, option, default_value(text),
                                {"default of " + std::string(option.name), std::string(text)});
  };
  const std::optional<std::size_t> dialect = spec.find(kDialect.name);
  if (dialect && !given[*dialect]) fill(*dialect);
  for (std::size_t i = 0; i < settings.size(); ++i) {
    if (given[i] || i == dialect) continue;
    if (spec.options[i].required) {
      throw source.error(
          item.at, {"", "`" + std::string(spec.name) + "` needs `" + std::string(spec.options[i].name) + "`",
                    "", wanted(spec.options[i]), ""});
    }
    fill(i);
  }
}

}  // namespace

std::string print_range(const Range& range) {
  const bool low = std::isfinite(range.min);
  const bool high = std::isfinite(range.max);
  const std::string min = print_number(range.min);
  const std::string max = print_number(range.max);
  if (low && high)
    return std::string(range.open_min ? "(" : "[") + min + ", " + max + (range.open_max ? ")" : "]");
  if (low) return (range.open_min ? "above " : "at least ") + min;
  if (high) return (range.open_max ? "below " : "at most ") + max;
  return "any number";
}

bool accepts(const Option& option, const Value& value) { return read(option, value).has_value(); }

std::optional<std::size_t> Spec::find(std::string_view option) const {
  const auto found =
      std::find_if(options.begin(), options.end(), [&](const Option& o) { return o.name == option; });
  if (found == options.end()) return std::nullopt;
  return static_cast<std::size_t>(found - options.begin());
}

Settings bind(const Spec& spec, const Item& item, const Source& source) {
  Settings settings(spec.options.size());
  std::vector<bool> given(spec.options.size());
  bool after_named = false;
  for (std::size_t i = 0; i < item.args.size(); ++i) {
    const Arg& arg = item.args[i];
    const std::size_t index = arg.name.empty() ? positional_option(spec, arg, i, after_named, source)
                                               : named_option(spec, arg, source);
    after_named = after_named || !arg.name.empty();
    const Option& option = spec.options[index];
    if (given[index]) {
      throw source.error(arg.at,
                         {"", "`" + std::string(option.name) + "` is given twice", "", "one value", ""});
    }
    given[index] = true;
    settings[index] = read_or_throw(spec, option, arg.value, source);
  }
  fill_defaults(spec, item, given, settings, source);
  check_needs(spec, settings, item, source);
  return settings;
}
std::optional<double> as_number(const Option& option, const Setting& setting) {
  if (const bool* flag = std::get_if<bool>(&setting)) return *flag ? 1.0 : 0.0;
  if (const double* number = std::get_if<double>(&setting)) return *number;
  const std::string* word = std::get_if<std::string>(&setting);
  if (word == nullptr || option.type != OptionType::choice) return std::nullopt;
  const auto choices = split(option.choices, '|');
  return static_cast<double>(std::find(choices.begin(), choices.end(), *word) - choices.begin());
}

Value to_value(const Option& option, const Setting& setting) {
  Value value;
  if (const bool* flag = std::get_if<bool>(&setting)) value.word = *flag ? "true" : "false";
  if (const double* number = std::get_if<double>(&setting)) value.word = print_number(*number);
  if (const Amount* amount = std::get_if<Amount>(&setting)) value.word = print_amount(*amount);
  if (const Value* text = std::get_if<Value>(&setting)) value = *text;
  if (const std::vector<Amount>* list = std::get_if<std::vector<Amount>>(&setting)) {
    value.kind = Value::Kind::list;
    for (const Amount& amount : *list)
      value.list.push_back({.word = print_amount(amount), .text = {}, .list = {}});
  }
  if (const std::string* word = std::get_if<std::string>(&setting)) {
    value.word = *word;
    const bool plain = option.type == OptionType::choice || print_word(*word) == *word;
    value.kind = plain ? Value::Kind::word : Value::Kind::string;
  }
  return value;
}

Item unbind(const Spec& spec, const Settings& settings, bool every) {
  Item item;
  item.name = spec.name;
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const Option& option = spec.options[i];
    if (std::holds_alternative<std::monostate>(settings[i])) continue;
    Arg arg;
    arg.value = to_value(option, settings[i]);
    if (!every && at_default(spec, settings, i)) continue;
    if (i > 0 || !spec.positional || option.type == OptionType::selector) arg.name = option.name;
    item.args.push_back(std::move(arg));
  }
  return item;
}

std::size_t find_spec(std::span<const Spec* const> specs, const Item& item, const Source& source,
                      std::string_view noun, std::string_view command, const std::string& also) {
  KnownNames known{noun, command};
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (specs[i]->name == item.name) return i;
    known.names.push_back(specs[i]->name);
  }
  const std::string what = "unknown name" + (also.empty() ? "" : ", and " + also);
  throw source.error(item.at, unknown_item(what, item, source, known));
}

bool has_spec(std::span<const Spec* const> specs, std::string_view name) {
  return std::any_of(specs.begin(), specs.end(), [&](const Spec* spec) { return spec->name == name; });
}

std::string_view type_name(OptionType type) { return words_of(type).name; }

std::optional<double> read_number(std::string_view word) {
  const std::optional<double> number = read_exactly<double>(word);
  return number && std::isfinite(*number) ? number : std::nullopt;
}

std::optional<Amount> read_amount(std::string_view word) {
  Amount amount;
  if (word.ends_with('%')) {
    amount.unit = Amount::Unit::percent;
    word.remove_suffix(1);
  } else if (word.ends_with("ep")) {
    amount.unit = Amount::Unit::epochs;
    word.remove_suffix(2);
  }
  const std::optional<double> number = read_number(word);
  if (!number) return std::nullopt;
  amount.value = *number;
  return amount;
}

std::string print_number(double number) {
  std::array<char, 40> buffer;
  const double size = std::abs(number);
  const bool fixed = size == 0 || (size >= 1e-4 && size < 1e16);
  const auto format = fixed ? std::chars_format::fixed : std::chars_format::scientific;
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, format);
  std::string out(buffer.data(), end);
  if (const std::size_t e = out.find('e'); e != std::string::npos) {  // 3e-05 -> 3e-5, 1e+20 -> 1e20
    std::size_t digits = e + 2;
    while (digits + 1 < out.size() && out[digits] == '0') ++digits;
    out = out.substr(0, e + 1) + (out[e + 1] == '-' ? "-" : "") + out.substr(digits);
  }
  return out;
}

std::string print_amount(const Amount& amount) {
  constexpr std::string_view kSuffix[] = {"", "%", "ep"};
  return print_number(amount.value) + std::string(kSuffix[static_cast<int>(amount.unit)]);
}

}  // namespace thalweg
