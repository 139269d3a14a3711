// What is decided before a step.
#pragma once

#include <cstdint>

#include "plan/values.h"
#include "step/gradient.h"
#include "thalweg/optimizer.h"

namespace thalweg {

class Gates {
 public:
  Gates(const Plan& plan, Values& values, Gradient& gradient);

  // Whether the step may run, by all gates of the chain in order.
  Verdict ask(std::uint64_t k, const StepInput& input);
  // A step has run.
  void tell();

  // The factor that the first gates put before the gradient that entered: of the window's mean, of what the
  // loss was scaled by. All of them where `gates` is left out.
  double scale(std::size_t gates);
  double scale();

  // Of what the last gate found that looked, and the norm that the last one was told that measures.
  const Found& found() const { return found_; }
  double norm() const { return norm_; }

  // Whether a gate of the chain asks for the norm of the gradient.
  static bool measure(const Plan& plan);

 private:
  Arrival arrival(std::size_t at, std::uint64_t k, const StepInput& input);

  const Plan& plan_;
  Values& values_;
  Gradient& gradient_;
  Found found_;
  double norm_;
};

}  // namespace thalweg
