#include "compare/rates.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>
#include <utility>

#include "base/spec.h"
#include "base/text.h"
#include "chain/recipes.h"
#include "run/config.h"
#include "schedule/schedules.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr double kMiddle = 0.031622776601683794;  // of the rates of one that names none: 10^-1.5
constexpr int kDigits = 3;

double rounded(double number) {
  if (number == 0 || !std::isfinite(number)) return number;
  const double unit = std::pow(10.0, std::floor(std::log10(std::abs(number))) - (kDigits - 1));
  // By way of text, so that 0.316 is the double nearest to it.
  return read_number(print_number(std::round(number / unit)) + "e" +
                     print_number(std::round(std::log10(unit))))
      .value_or(number);
}

// Gives recipes that must have a rate the schedule; whether any was without.
bool complete(Text& text, const Value& schedule) {
  bool lacking = false;
  for (Item& item : text) {
    const auto all = recipes();
    const auto recipe = std::ranges::find(all, item.name, [](const Recipe& one) { return one.spec.name; });
    const auto option = recipe != all.end() ? recipe->spec.find("lr") : std::nullopt;
    if (!option || !recipe->spec.options[*option].required) continue;
    if (std::ranges::find(item.args, "lr", &Arg::name) != item.args.end()) continue;
    item.args.push_back({"lr", schedule, 0});
    lacking = true;
  }
  return lacking;
}

// The name that stands before a chain, and what stands behind its `=`. No chain has one outside of brackets.
std::pair<std::string, std::string> split_name(const std::string& text) {
  const std::size_t at = text.find_first_of("(|[\"=");
  if (at == std::string::npos || text[at] != '=') return {"", text};
  constexpr const char* kBlanks = " \t\r\n";
  const std::size_t first = std::min(text.find_first_not_of(kBlanks), at);
  std::string name = text.substr(first, at - first);
  name.erase(name.find_last_not_of(kBlanks) + 1);
  check_name("optimizers", name);
  return {std::move(name), text.substr(at + 1)};
}

Contender contender(const std::string& written, const CompareOptions& options) {
  Contender out;
  std::string given;
  std::tie(out.name, given) = split_name(written);
  const Source source{"optimizer", given};
  Text text =
      parse(source, [&](const Item& item, const std::string& also) { check_chain_name(item, source, also); });
  out.given = print(text);
  out.full_batch = text.front().name == "gd";
  const Schedule schedule(options.schedule);
  out.names_rate = !complete(text, to_value(schedule));
  out.chain = out.names_rate ? Chain(given) : Chain(print(text));
  if (out.chain.has("accumulate")) {
    throw Error(Code::usage, {"optimizer", "a run accumulates batches itself", "`" + given + "`",
                              "a chain without `accumulate`", "use `--accumulate 4` instead"});
  }
  if (!out.chain.rate()) {
    out.chain = out.chain.with_schedule(schedule);
    out.names_rate = false;
  }
  for (const double factor : ladder(options.rates, options.decades))
    out.factors.push_back(out.names_rate ? factor : rounded(kMiddle * factor));
  return out;
}

}  // namespace

std::vector<Contender> contenders(const CompareOptions& options) {
  std::vector<Contender> out;
  std::set<std::string> seen, labels;
  for (const std::string& text : options.optimizers) {
    out.push_back(contender(text, options));
    if (!seen.insert(out.back().given).second)
      throw Error(Code::usage, {"optimizers", "the same one twice", "`" + text + "`", "different ones", ""});
    if (labels.insert(out.back().label()).second) continue;
    throw Error(Code::usage, {"optimizers", "two are called alike", "`" + out.back().label() + "`",
                              "a name of its own for each", ""});
  }
  return out;
}

Chain times(const Chain& chain, double factor) {
  return factor == 1 ? chain : chain.with_rate(rounded(factor * chain.rate().value_or(0)));
}

std::vector<double> ladder(std::size_t count, double decades) {
  std::vector<double> out;
  for (std::size_t i = 0; i < count; ++i) {
    const double at = count == 1 ? 0 : static_cast<double>(i) / static_cast<double>(count - 1) - 0.5;
    out.push_back(std::pow(10.0, at * decades));
  }
  return out;
}

}  // namespace thalweg
