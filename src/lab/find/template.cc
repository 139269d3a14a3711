#include "thalweg/lab/tune.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "base/random.h"
#include "base/spec.h"
#include "base/text.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::array<std::string_view, 4> kRanges = {"log", "uniform", "whole", "choice"};

bool is_range(const Item& item) { return std::ranges::find(kRanges, item.name) != kRanges.end(); }

bool is_range(const Value& value) {
  return value.kind == Value::Kind::text && value.text.size() == 1 && is_range(value.text[0]);
}

// The two ends of a range of numbers.
struct Ends {
  double low = 0;
  double high = 0;
};

Ends ends_of(const Item& item, const Source& source) {
  const auto refuse = [&](const std::string& what, const std::string& want) {
    throw source.error(item.at, {"", what, "`" + print(Text{item}) + "`", want, ""});
  };
  std::array<double, 2> ends{};
  if (item.args.size() != 2) refuse("a range has two ends", item.name + "(low, high)");
  for (std::size_t i = 0; i < 2; ++i) {
    const Value& value = item.args[i].value;
    const auto number =
        value.kind == Value::Kind::word && item.args[i].name.empty() ? read_number(value.word) : std::nullopt;
    if (!number) refuse("an end of a range is not a number", item.name + "(low, high)");
    ends[i] = *number;
  }
  const bool ordered = item.name == "whole" ? ends[0] <= ends[1] : ends[0] < ends[1];
  if (!ordered) refuse("the ends are not in order", "the lower one first");
  if (item.name == "log" && !(ends[0] > 0)) refuse("a logarithm needs positive ends", "0 < low < high");
  const bool whole = std::floor(ends[0]) == ends[0] && std::floor(ends[1]) == ends[1];
  if (item.name == "whole" && (!whole || ends[1] - ends[0] > 0x1p53))
    refuse("the ends are not whole", "whole numbers");
  return {ends[0], ends[1]};
}

// Looks at every range; whether there are any.
bool check(const Text& text, const Source& source);

bool check(const Value& value, const Source& source) {
  bool any = check(value.text, source);
  for (const Value& part : value.list) any |= check(part, source);
  return any;
}

bool check(const Text& text, const Source& source) {
  bool any = false;
  for (const Item& item : text) {
    for (const Arg& arg : item.args) any |= check(arg.value, source);
    if (!is_range(item)) continue;
    any = true;
    if (item.name != "choice") {
      ends_of(item, source);
      continue;
    }
    const bool named = std::ranges::any_of(item.args, [](const Arg& arg) { return !arg.name.empty(); });
    if (!item.args.empty() && !named) continue;
    throw source.error(item.at, {"", "there is nothing to choose from", "`" + print(Text{item}) + "`",
                                 "choice(x, y, ...)", ""});
  }
  return any;
}

double four_digits(double number) { return read_number(fmt::format("{:.4g}", number)).value_or(number); }

// Walks over the text from left to right and draws what it meets.
class Drawing {
 public:
  Drawing(std::uint64_t seed, std::uint64_t trial, const Source& source)
      : random_(seed, Purpose::noise, trial), source_(source) {}

  Text draw(const Text& text, const std::string& path) {
    Text out;
    for (const Item& item : text) {
      if (!is_range(item)) {
        out.push_back(draw(item, path.empty() ? item.name : path + "." + item.name));
        continue;
      }
      const Value value = draw_range(item, path.empty() ? item.name : path);
      append(value, out);
    }
    return out;
  }

  std::vector<Drawn> values;

 private:
  Item draw(const Item& item, const std::string& path) {
    Item out = item;
    for (Arg& arg : out.args) arg.value = draw(arg.value, arg.name.empty() ? path : path + "." + arg.name);
    return out;
  }

  Value draw(const Value& value, const std::string& path) {
    if (is_range(value)) return draw_range(value.text[0], path);
    Value out = value;
    out.text = draw(value.text, path);
    for (Value& part : out.list) part = draw(part, path);
    return out;
  }

  Value draw_range(const Item& item, const std::string& path) {
    const std::string name = unique(path);
    if (item.name == "choice") {
      const Value& chosen = item.args[random_.below(item.args.size(), next_++)].value;
      const Value value = draw(chosen, path);
      values.push_back({name, print(value), read_number(value.word).value_or(NAN), false});
      return value;
    }
    const Ends ends = ends_of(item, source_);
    double number = 0;
    if (item.name == "whole") {
      const auto span = static_cast<std::uint64_t>(ends.high - ends.low) + 1;
      number = ends.low + static_cast<double>(random_.below(span, next_++));
    } else {
      const double u = random_.uniform(next_++);
      const bool log = item.name == "log";
      number = four_digits(log ? ends.low * std::pow(ends.high / ends.low, u)
                               : ends.low + (ends.high - ends.low) * u);
    }
    Value value;
    value.word = print_number(number);
    values.push_back({name, value.word, number, item.name == "log"});
    return value;
  }

  // An item of a chain: a word is an item by its name, a text is its items.
  void append(const Value& value, Text& out) const {
    if (value.kind == Value::Kind::text) {
      out.insert(out.end(), value.text.begin(), value.text.end());
      return;
    }
    for (Item& item : parse({source_.where, value.word})) out.push_back(std::move(item));
  }

  std::string unique(const std::string& path) {
    const std::size_t times = ++seen_[path];
    return times == 1 ? path : path + "#" + std::to_string(times);
  }

  Random random_;
  const Source& source_;
  std::uint64_t next_ = 0;
  std::map<std::string, std::size_t> seen_;
};

}  // namespace

Template::Template(std::string_view where, std::string_view text) : where_(where), text_(text) {
  const bool may = std::ranges::any_of(
      kRanges, [&](std::string_view name) { return text.find(name) != std::string_view::npos; });
  if (!may) return;
  const Source source{where_, text_};
  has_ranges_ = check(parse(source), source);
}

DrawnText Template::draw(std::uint64_t seed, std::uint64_t trial) const {
  if (!has_ranges_) return {text_, {}};
  const Source source{where_, text_};
  Drawing drawing(seed, trial, source);
  std::string text = print(drawing.draw(parse(source), ""));
  return {std::move(text), std::move(drawing.values)};
}

}  // namespace thalweg
