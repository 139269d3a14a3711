// Initial values of parameters.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/options.h"
#include "thalweg/params.h"

namespace thalweg {

enum class InitRule {
  zero,
  torch,             // uniform in +-sqrt(1 / fan_in)               torch.nn.Linear and Conv2d
  he,                // uniform in +-sqrt(6 / fan_in)               He 2015, arXiv:1502.01852
  glorot,            // uniform in +-sqrt(6 / (fan_in + fan_out))   Glorot and Bengio 2010
  lecun,             // uniform in +-sqrt(3 / fan_in)               LeCun et al. 1998
  he_normal,         // the same variances, normally distributed
  glorot_normal,     //
  lecun_normal,      //
  orthogonal,        // of norm `number` and at right angles        Saxe et al. 2014, arXiv:1312.6120
  normal,            // of deviation `number`
  truncated_normal,  // of deviation `number` before what is beyond 2 of them is left out
  constant,          // `number`
};

struct Init {
  InitRule rule = InitRule::zero;
  std::int64_t fan_in = 1;  // terms of an output; of a kernel: input channels of a group times its size
  std::int64_t fan_out = 1;
  double number = 0;
};

inline Init constant_init(double number) { return {.rule = InitRule::constant, .number = number}; }

// The option of a layer that reads them: `init=he`, `bias_init=constant(0.1)`.
constexpr Option init_option(std::string_view name, std::string_view fallback, std::string_view doc) {
  return choice_option(name,
                       "torch|he|glorot|lecun|he_normal|glorot_normal|lecun_normal|orthogonal(gain)|"
                       "normal(std)|truncated_normal(std)|constant(value)|zeros|ones",
                       fallback, doc);
}

// What such an option says. Throws Error(usage) for arguments that the rule does not take.
Init read_init(const Setting& setting, std::int64_t fan_in, std::int64_t fan_out);

// Depends on (seed, number of the parameter, index of the element) alone; orthogonal: on the shape as well.
// Numbers are formed in double and rounded once. A uniform element i is bound * (2 u - 1), where u is the
// i-th number of the stream of (seed, number); a normal one is the quantile of the i-th 64 bits. Orthogonal
// ones are the rows or, where they are fewer, the columns of {first dimension, all others}, uniform among all
// such.
void initialise(Parameter& parameter, const Init& init, std::uint64_t seed, std::uint64_t number);

}  // namespace thalweg
