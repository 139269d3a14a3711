// Several methods on the same data, each at the best of the same rates.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "experiments/findings.h"
#include "experiments/training.h"

namespace thalweg::experiments {

struct Contest {
  std::string prefix;  // of the names of its quantities, with a point after it; may be empty
  std::function<const Dataset&(std::uint64_t seed)> data;
  Course course;                        // without optimizer and seed
  std::vector<std::string> names;       // of the methods
  std::vector<std::string> optimizers;  // theirs, with RATE
  std::vector<double> rates;
};

// The same data whatever the seed; `data` must outlive what it returns.
inline std::function<const Dataset&(std::uint64_t)> always(const Dataset& data) {
  return [&data](std::uint64_t) -> const Dataset& { return data; };
}

// One result a method. Adds PREFIX.NAME.loss, the score of each seed, and a note of the rate that was chosen.
std::vector<Tuned> hold(const Lab& lab, const Contest& contest, const Score& score, Findings& out);

}  // namespace thalweg::experiments
