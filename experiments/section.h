// The page of the experiments: a section for each, and what stands around them.
#pragma once

#include <string>
#include <vector>

#include "experiments/findings.h"
#include "experiments/rules.h"
#include "experiments/setup.h"

namespace thalweg::experiments {

// One experiment and its outcome.
struct Result {
  std::string date;     // 2026-11-24
  std::string machine;  // "2 cores of an AMD EPYC"
  double seconds = 0;
  std::string verdict;
  std::vector<Decision> decisions;
  Findings findings;
};

// The lines of the table [result] of its TOML file: date, machine, verdict, each rule with its margin and
// each quantity with median, interval and the numbers of all seeds.
std::string result_toml(const Result& result);

// Its section of the page, with claim, verdict, rules, pictures, numbers and setup.
std::string result_section(const Experiment& experiment, const Result& result);

// One line of the table at the head of the page.
struct Entry {
  std::string name;
  std::string claim;
  std::string summary;  // of its verdict, or why there is none
  std::string verdict;
  std::string section;  // empty for an experiment that was left out
};

// The whole page.
std::string experiments_page(const std::vector<Entry>& entries);

}  // namespace thalweg::experiments
