#include "experiments/rules.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "base/spec.h"
#include "thalweg/error.h"

namespace thalweg::experiments {
namespace {

[[noreturn]] void fail(const Rule& rule, const std::string& what, const std::string& got) {
  throw Error(Code::usage, {"rule `" + rule.test + "`", what, got, "`0.5 * a.loss < b.loss` or similar", ""});
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

double number_of(const Rule& rule, const std::string& word) {
  const std::optional<double> number = read_number(word);
  if (!number) fail(rule, "not a number", "`" + word + "`");
  return *number;
}

// The value of one side for each seed.
std::vector<double> side(const Rule& rule, std::vector<std::string> words, const Findings& findings) {
  if (words.size() == 1 && read_number(words[0])) return {*read_number(words[0])};
  double factor = 1, offset = 0;
  if (words.size() >= 3 && words[1] == "*") {
    factor = number_of(rule, words[0]);
    words.erase(words.begin(), words.begin() + 2);
  }
  if (words.size() == 3 && (words[1] == "+" || words[1] == "-")) {
    offset = (words[1] == "+" ? 1 : -1) * number_of(rule, words[2]);
    words.resize(1);
  }
  if (words.size() != 1) fail(rule, "a side is malformed", std::to_string(words.size()) + " words");
  const Quantity* const quantity = findings.find(words[0]);
  if (quantity == nullptr) fail(rule, "nothing by that name was measured", "`" + words[0] + "`");
  std::vector<double> out;
  for (const double sample : quantity->samples) out.push_back(factor * sample + offset);
  return out;
}

// What is not comparable - two infinite losses - says neither more nor less.
double margin_of(double lower, double higher) {
  const double margin = higher - lower;
  return std::isnan(margin) ? 0 : margin;
}

}  // namespace

const Quantity* Findings::find(std::string_view name) const {
  const auto found = std::ranges::find(quantities, name, &Quantity::name);
  return found == quantities.end() ? nullptr : &*found;
}

Decision decide(const Rule& rule, const Findings& findings) {
  const std::vector<std::string> words = words_of(rule.test);
  const auto sign = std::ranges::find_if(words, [](const auto& word) { return word == "<" || word == ">"; });
  if (sign == words.end()) fail(rule, "there is no comparison", "");
  std::vector<double> lower = side(rule, {words.begin(), sign}, findings);
  std::vector<double> higher = side(rule, {sign + 1, words.end()}, findings);
  if (*sign == ">") lower.swap(higher);
  const std::size_t n = std::max(lower.size(), higher.size());
  if ((lower.size() != n && lower.size() != 1) || (higher.size() != n && higher.size() != 1)) {
    fail(rule, "the sides have different numbers of seeds",
         std::to_string(lower.size()) + " and " + std::to_string(higher.size()));
  }
  std::vector<double> margins;
  for (std::size_t i = 0; i < n; ++i) {
    margins.push_back(margin_of(lower[lower.size() == 1 ? 0 : i], higher[higher.size() == 1 ? 0 : i]));
  }
  Decision out{rule, Outcome::undecided, median_of(std::move(margins))};
  if (out.margin.low > 0) out.outcome = Outcome::holds;
  if (out.margin.high < 0) out.outcome = Outcome::reversed;
  return out;
}

std::string verdict(const std::vector<Decision>& decisions) {
  std::string held;
  std::size_t holding = 0;
  for (const Decision& decision : decisions) {
    if (decision.outcome != Outcome::holds) continue;
    held += (held.empty() ? "" : "; ") + decision.rule.part;
    ++holding;
  }
  if (holding == decisions.size()) return "holds";
  return holding == 0 ? "does not hold here" : "holds when: " + held;
}

std::string summary(const std::vector<Decision>& decisions) {
  const auto holding = std::ranges::count(decisions, Outcome::holds, &Decision::outcome);
  if (holding == 0 || holding == std::ssize(decisions)) return verdict(decisions);
  return "holds in " + std::to_string(holding) + " of " + std::to_string(decisions.size()) + " parts";
}

}  // namespace thalweg::experiments
