// A gradient that one rank has and the others join with zeros: for replays of recorded steps. The mean of
// what all have would be rounded; this sum is not.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/threads.h"
#include "ranks/gradient_sum.h"
#include "thalweg/comm.h"
#include "thalweg/optimizer.h"

namespace thalweg {

class GivenByOne {
 public:
  // Without ranks the parameters have it. They must stay where they are.
  GivenByOne(Params& params, Comm* comm) : params_(params), comm_(comm), sum_(params, alone_) {}

  // For a step of the gradient that the parameters of every rank hold. The ranks take turns in giving it.
  StepInput next() {
    if (comm_ == nullptr) return {};
    const auto ranks = static_cast<std::size_t>(comm_->size()), me = static_cast<std::size_t>(comm_->rank());
    if (steps_++ % ranks != me) {
      for (Parameter& parameter : params_) set_zero(parameter);
    }
    sum_.begin(ranks, {me, me + 1});
    sum_.begin_last();
    sum_.add_all();
    StepInput input;
    input.sum = &sum_;
    return input;
  }

 private:
  static void set_zero(Parameter& parameter) {
    const Buffer& gradient = parameter.grad_buffer();
    std::fill_n(static_cast<std::byte*>(gradient.data), gradient.bytes(), std::byte{0});
  }

  Params& params_;
  Comm* const comm_;
  Team alone_{1};
  GradientSum sum_;
  std::size_t steps_ = 0;
};

}  // namespace thalweg
