// One experiment as its TOML file says it, and the writing of its result.
//
//   claim = "..."    source = "..."    measure = "..."    kind = "rates"    needs = ["agaricus"]
//   [setup]          every number of the experiment, by name
//   [[rule]]         part = "what of the claim"    test = "falling.excess < constant.excess"
//   [result]         written by the program
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace thalweg::experiments {

// The table [setup]: numbers, texts and lists of them. A number or text that is missing or of another kind
// is Error(usage) naming file and key.
class Setup {
 public:
  Setup() = default;
  explicit Setup(std::string file) : file_(std::move(file)) {}

  double number(const std::string& key) const;
  std::uint64_t whole(const std::string& key) const;
  const std::vector<double>& numbers(const std::string& key) const;
  const std::string& text(const std::string& key) const;
  const std::vector<std::string>& texts(const std::string& key) const;

  void set(const std::string& key, std::vector<double> numbers) { numbers_[key] = std::move(numbers); }
  void set(const std::string& key, std::vector<std::string> texts) { texts_[key] = std::move(texts); }

  // Keys as written, for the page.
  std::string print() const;

 private:
  std::string file_;
  std::map<std::string, std::vector<double>> numbers_;
  std::map<std::string, std::vector<std::string>> texts_;
};

struct Rule {
  std::string part;  // of the claim, in words
  std::string test;  // see rules.h
};

struct Experiment {
  std::string name;  // of the file, without its ending
  std::string claim;
  std::string source;
  std::string measure;
  std::string kind;                // which program measures it; see claims.h
  std::vector<std::string> needs;  // folders of data
  Setup setup;
  std::vector<Rule> rules;
  std::string text;  // of the file up to [result]: what the result depends on
};

// Throws Error(data) for a missing file, Error(usage) naming file and line for one that is not an experiment:
// an unknown key, no claim, no rule.
Experiment read_experiment(const std::filesystem::path& path);

// Replaces the table [result] of the file, everything after its header, by `result`: lines of TOML.
void write_result(const std::filesystem::path& path, const std::string& result);

}  // namespace thalweg::experiments
