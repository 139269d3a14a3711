// Optimizers and the rates they are tried with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "thalweg/chain.h"
#include "thalweg/lab/compare.h"

namespace thalweg {

// One optimizer of a comparison. Its chain has a rate, which the factors multiply: where it named none, the
// schedule as it is, and the factors are the rates.
struct Contender {
  const std::string& label() const { return name.empty() ? given : name; }  // what it is called

  std::string name;             // that stood before it
  std::string given;            // canonical, as it was given, without the name
  Chain chain;                  // with a rate
  bool full_batch = false;      // the recipe `gd`
  bool names_rate = true;       // or it was given one
  std::vector<double> factors;  // to try, ascending
};

// Throws Error(usage) with a caret for a text that is not a chain, for one that gathers batches, for two
// that are the same, for a bad name, and for two that are called alike.
std::vector<Contender> contenders(const CompareOptions& options);

// The chain with every rate multiplied by `factor`, the first one to three digits.
Chain times(const Chain& chain, double factor);

// `count` factors evenly over `decades` on a log scale, ascending, 1 in the middle.
std::vector<double> ladder(std::size_t count, double decades);

}  // namespace thalweg
