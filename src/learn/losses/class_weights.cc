#include "losses/class_weights.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/did_you_mean.h"
#include "base/spec.h"
#include "base/text.h"
#include "losses/loss.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::string_view kBalanced = "balanced";
constexpr std::string_view kWanted = "none, balanced, or a number for classes, such as cat=1,dog=5";

struct Named {
  std::string name;
  double weight = 1;
};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// The first comma at or after `at` that stands in no quotes, or the end.
std::size_t end_of_entry(std::string_view text, std::size_t at) {
  bool quoted = false;
  for (; at < text.size() && (quoted || text[at] != ','); ++at) {
    if (quoted && text[at] == '\\')
      ++at;
    else if (text[at] == '"')
      quoted = !quoted;
  }
  return std::min(at, text.size());
}

// A name without its quotes, if it has any.
std::string unquoted(std::string_view name) {
  if (name.size() < 2 || name.front() != '"' || name.back() != '"') return std::string(name);
  std::string out;
  for (std::size_t i = 1; i + 1 < name.size(); ++i) {
    if (name[i] == '\\' && i + 2 < name.size()) ++i;
    out += name[i];
  }
  return out;
}

Named read_entry(std::string_view entry, const std::string& where) {
  const std::size_t equals = entry.rfind('=');
  const auto fail = [&](const char* what, std::string_view want) {
    return Error(Code::usage, {where, what, "`" + std::string(entry) + "`", std::string(want), ""});
  };
  if (equals == std::string_view::npos) throw fail("not a class weight", kWanted);
  Named out{unquoted(trimmed(entry.substr(0, equals)))};
  if (out.name.empty()) throw fail("a class weight names no class", "cat=1");
  const std::optional<double> number = read_number(trimmed(entry.substr(equals + 1)));
  if (!number || !std::isfinite(*number) || *number <= 0)
    throw fail("a class weight is out of range", "a number above 0");
  out.weight = *number;
  return out;
}

// Of a text that is neither none nor balanced.
std::vector<Named> read_named(std::string_view text, const std::string& where) {
  std::vector<Named> out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = end_of_entry(text, at);
    Named one = read_entry(trimmed(text.substr(at, end - at)), where);
    if (std::ranges::find(out, one.name, &Named::name) != out.end())
      throw Error(Code::usage, {where, "a class has two weights", "`" + one.name + "`", "one", ""});
    out.push_back(std::move(one));
    at = end + 1;
  }
  return out;
}

std::string print_named(const Named& one) { return print_word(one.name) + "=" + print_number(one.weight); }

const Spec& spec_of(const Item& item) {
  return **std::ranges::find(loss_specs(), item.name, [](const Spec* spec) { return spec->name; });
}

// The argument that sets `weight`, or the end.
auto find_weight(Item& item) {
  const std::string_view first = spec_of(item).options.front().name;
  return std::ranges::find_if(item.args, [&](const Arg& arg) {
    return arg.name == kWeight.name || (arg.name.empty() && first == kWeight.name);
  });
}

// The canonical text of a loss as items, the loss itself first.
Text items_of(const std::string& loss) { return parse({"loss", Loss(loss).text()}); }

std::string with_weight(Text items, Value value) {
  Item& item = items.front();
  if (const auto given = find_weight(item); given != item.args.end()) item.args.erase(given);
  item.args.push_back({.name = std::string(kWeight.name), .value = std::move(value)});
  return Loss(print(items)).text();
}

Value word(std::string text) { return {.word = std::move(text), .text = {}, .list = {}}; }

Value numbers_of(const std::vector<Named>& weights, const std::vector<std::string>& classes) {
  std::vector<double> numbers(classes.size(), 1.0);
  for (const Named& one : weights) {
    const auto found = std::ranges::find(classes, one.name);
    if (found == classes.end()) {
      const std::size_t told = std::min<std::size_t>(classes.size(), 20);
      const auto written = [](const std::string& name) { return print_word(name); };
      const std::string names =
          join(std::span(classes).first(told), ", ", written) + (told < classes.size() ? ", ..." : "");
      throw Error(Code::usage, {"class-weights", "there is no such class", "`" + one.name + "`", names,
                                did_you_mean(one.name, {classes.begin(), classes.end()})});
    }
    numbers[static_cast<std::size_t>(found - classes.begin())] = one.weight;
  }
  Value out{.kind = Value::Kind::list, .word = {}, .text = {}, .list = {}};
  for (const double number : numbers) out.list.push_back(word(print_number(number)));
  return out;
}

}  // namespace

std::string read_class_weights(const std::string& text, const std::string& where) {
  const std::string_view wanted = trimmed(text);
  if (wanted == kNoClassWeights || wanted == kBalanced) return std::string(wanted);
  return join(read_named(wanted, where), ",", print_named);
}

std::string with_class_weights(const std::string& loss, const std::string& weights,
                               const WeighedClasses& classes) {
  if (weights == kNoClassWeights) return loss;
  const auto fail = [&](std::string what, std::string got, std::string want, std::string hint) {
    throw Error(Code::usage,
                {"class-weights", std::move(what), std::move(got), std::move(want), std::move(hint)});
  };
  if (classes.names.empty()) {
    fail("the data have values, not classes", "`" + weights + "`", "none",
         "`weight=COLUMN` of a csv source weighs rows");
  }
  Text items = items_of(loss);
  Item& item = items.front();
  if (!spec_of(item).find(kWeight.name))
    fail("the loss takes no weights of classes", "`" + item.name + "`", "another loss, or none", "");
  if (weights == kBalanced) {
    const Loss balanced(with_weight(std::move(items), word(std::string(kBalanced))));
    return balanced.resolve(classes.labels, classes.names.size()).text();
  }
  const auto given = find_weight(item);
  const bool had = given != item.args.end();
  const std::string before = print(items);
  const std::string out = with_weight(items, numbers_of(read_named(weights, "class-weights"), classes.names));
  if (had && out != Loss(before).text())
    fail("the loss has weights of its own", "`" + before + "`", "one of the two", "leave out `weight`");
  return out;
}

std::vector<double> class_weights_of(const std::string& loss, std::size_t classes) {
  Text items = items_of(loss);
  const auto given = find_weight(items.front());
  std::vector<double> out;
  if (classes == 0 || given == items.front().args.end()) return out;
  for (const Value& value : given->value.list) out.push_back(read_number(value.word).value_or(1));
  return out.size() == classes ? out : std::vector<double>();
}

}  // namespace thalweg
