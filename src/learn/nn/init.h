// Initial values of parameters.
#pragma once

#include <cstdint>
#include <string_view>

#include "thalweg/params.h"

namespace thalweg {

enum class InitRule {
  zero,
  automatic,  // he where a rectifier follows, else glorot
  he,         // uniform in +-sqrt(6 / fan_in)               He 2015, arXiv:1502.01852
  glorot,     // uniform in +-sqrt(6 / (fan_in + fan_out))   Glorot and Bengio 2010
};

struct Init {
  InitRule rule = InitRule::zero;
  std::int64_t fan_in = 1;
  std::int64_t fan_out = 1;
};

// "auto", "he" or "glorot", as a layer's option spells it.
InitRule init_rule(std::string_view name);

// Element i becomes bound * (2 u - 1), rounded once, where u is the i-th number of the stream of (seed,
// number of the parameter). `init.rule` is not automatic.
void initialise(Parameter& parameter, const Init& init, std::uint64_t seed, std::uint64_t number);

}  // namespace thalweg
