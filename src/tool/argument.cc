#include "tool/argument.h"

#include <algorithm>
#include <cmath>

#include "base/did_you_mean.h"
#include "base/text.h"
#include "thalweg/error.h"
#include "thalweg/settings.h"

namespace thalweg::tool {
namespace {

// "a whole number from 1 to 5", "a number above 0".
std::string wanted(const std::string& what, const Range& range) {
  std::string out = what;
  if (std::isfinite(range.min)) {
    out += range.open_min ? " above " : std::isfinite(range.max) ? " from " : " of at least ";
    out += print_number(range.min);
  }
  if (std::isfinite(range.max)) out += (range.open_max ? " below " : " to ") + print_number(range.max);
  return out;
}

double real_number(const std::string& option, const std::string& text, const Range& range) {
  const std::optional<double> number = read_number(text);
  if (number && range.contains(*number)) return *number;
  throw Error(Code::usage, {option, number ? "out of range" : "not a number", "`" + text + "`",
                            wanted("a number", range), ""});
}

// Numbers separated by spaces or commas.
std::vector<double> real_numbers(const std::string& option, std::string text) {
  std::replace(text.begin(), text.end(), ',', ' ');
  std::vector<double> numbers;
  for (const std::string& word : split(text, ' '))
    if (!word.empty()) numbers.push_back(real_number(option, word, {}));
  return numbers;
}

std::uint64_t byte_count(const Argument& argument, const std::string& text) {
  if (const std::optional<std::uint64_t> bytes = read_memory_size(text)) return *bytes;
  throw Error(Code::usage,
              {argument.name, "not a size", "`" + text + "`", "a size such as 512MiB or 2GiB", ""});
}

std::uint64_t whole(const Argument& argument, const std::string& text) {
  return argument.traits.bytes ? byte_count(argument, text)
                               : whole_number(argument.name, text, argument.traits.range);
}

const std::string& checked(const Argument& argument, const std::string& text) {
  const std::vector<std::string> words = words_of(argument.traits.choices);
  if (words.empty() || std::find(words.begin(), words.end(), text) != words.end()) return text;
  throw Error(Code::usage, {argument.name, "unknown", "`" + text + "`", spoken(argument.traits.choices),
                            did_you_mean(text, {words.begin(), words.end()})});
}

struct Reader {
  const Argument& argument;
  const std::vector<std::string>& words;

  void operator()(bool* into) const { *into = words.back() == "true"; }
  void operator()(int* into) const { *into = static_cast<int>(whole(argument, words.back())); }
  void operator()(std::uint64_t* into) const { *into = whole(argument, words.back()); }
  void operator()(double* into) const {
    *into = real_number(argument.name, words.back(), argument.traits.range);
  }
  void operator()(std::string* into) const { *into = checked(argument, words.back()); }
  void operator()(std::vector<std::string>* into) const { *into = words; }
  void operator()(std::vector<double>* into) const { *into = real_numbers(argument.name, words.back()); }
  void operator()(std::vector<std::uint64_t>* into) const {
    into->clear();
    for (const std::string& one : words) into->push_back(whole(argument, one));
  }
  template <class T>
  void operator()(std::optional<T>* into) const {
    (*this)(&into->emplace());
  }
};

struct Printer {
  bool bytes;

  std::string operator()(const int* value) const { return std::to_string(*value); }
  std::string operator()(const std::uint64_t* value) const {
    return bytes ? print_memory_size(*value) : std::to_string(*value);
  }
  std::string operator()(const double* value) const { return print_number(*value); }
  std::string operator()(const std::string* value) const { return *value; }
  std::string operator()(const std::vector<std::string>* value) const { return join(*value, ","); }
  std::string operator()(const void*) const { return {}; }  // of the others there is none before
};

}  // namespace

Argument::Argument(std::string_view call, Into target, std::string one_line, Traits more)
    : name(call.substr(0, call.find(' '))),
      type(call.size() > name.size() ? call.substr(name.size() + 1) : std::string_view(more.choices)),
      into(target),
      doc(std::move(one_line)),
      traits(std::move(more)) {}

bool Argument::takes_several() const {
  return std::holds_alternative<std::vector<std::string>*>(into) ||
         std::holds_alternative<std::vector<std::uint64_t>*>(into);
}

std::string Argument::fallback() const {
  if (!traits.shown.empty()) return traits.shown;
  return traits.word.empty() ? std::visit(Printer{traits.bytes}, into) : traits.word;
}

bool has(Given given, std::string_view name) {
  return std::any_of(given.begin(), given.end(), [&](const Argument* one) { return one->name == name; });
}

void read(const Argument& argument, const std::vector<std::string>& words) {
  if (words.size() == 1 && !argument.traits.word.empty() && words.front() == argument.traits.word) return;
  std::visit(Reader{argument, words}, argument.into);
}

std::uint64_t whole_number(const std::string& option, const std::string& text, const Range& range) {
  const std::optional<std::uint64_t> number = read_exactly<std::uint64_t>(text);
  if (number && range.contains(static_cast<double>(*number))) return *number;
  throw Error(Code::usage, {option, number ? "out of range" : "not a whole number", "`" + text + "`",
                            wanted("a whole number", {std::fmax(range.min, 0), range.max}), ""});
}

void check_point(const std::string& option, std::span<const double> point, std::size_t dimension,
                 const std::string& of) {
  if (point.size() == dimension) return;
  throw Error(Code::usage,
              {option, "a point of the wrong dimension", "`" + join(point, " ", print_number) + "`",
               std::to_string(dimension) + " numbers for `" + of + "`", ""});
}

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0, end = 0; end < text.size() || parts.empty(); begin = end + 1) {
    end = std::min(text.find(separator, begin), text.size());
    parts.emplace_back(text.substr(begin, end - begin));
  }
  return parts;
}

std::vector<std::string> words_of(std::string_view choices) {
  return choices.empty() ? std::vector<std::string>() : split(choices, '|');
}

std::string spoken(std::string_view choices) {
  std::string out;
  const std::vector<std::string> words = words_of(choices);
  for (std::size_t i = 0; i < words.size(); ++i)
    out += (i == 0 ? "" : i + 1 < words.size() ? ", " : " or ") + words[i];
  return out;
}

void append(std::vector<Argument>& table, std::vector<Argument> group, const std::string& name) {
  for (Argument& one : group) table.emplace_back(std::move(one)).traits.group = name;
}

Argument config_argument(std::optional<std::string>& into) {
  return Argument("--config FILE", &into,
                  "TOML file of settings by name; options on the command line override it");
}

Argument json_argument(bool& into) { return Argument("--json", &into, "print the result as JSON"); }

Argument threads_argument(int& into, std::string doc) {
  return Argument("--threads N", &into, std::move(doc), {.range = {1, 1024}, .word = "auto"});
}

}  // namespace thalweg::tool
