// Decision rules: sentences about quantities that a program can check.
//
//   side := number | [number '*'] name [('+' | '-') number]       test := side ('<' | '>') side
//
// `a < b` holds when an interval that holds the median of b - a, paired by seed, with at least 95 % (of fewer
// than six seeds: the extremes) lies above 0; it is reversed when that interval lies below 0. In words: of
// five seeds all must agree, of fifteen the 4th to the 12th.
#pragma once

#include <string>
#include <vector>

#include "experiments/findings.h"
#include "experiments/setup.h"
#include "thalweg/quantiles.h"

namespace thalweg::experiments {

enum class Outcome { holds, reversed, undecided };

struct Decision {
  Rule rule;
  Outcome outcome = Outcome::undecided;
  Median margin;  // of right - left for <, of left - right for >
};

// Throws Error(usage) for a test that is none, for a name that was not measured, and for two quantities with
// different numbers of seeds, neither of them 1.
Decision decide(const Rule& rule, const Findings& findings);

// "holds" when all rules hold, "holds when: ..." naming the parts that do when some do, "does not hold here"
// when none does.
std::string verdict(const std::vector<Decision>& decisions);

// The same in short: "holds", "holds in 5 of 7 parts", "does not hold here".
std::string summary(const std::vector<Decision>& decisions);

}  // namespace thalweg::experiments
