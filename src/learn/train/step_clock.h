// Where the time of steps goes. Reading the clock takes as long as a part of a tiny step: of steps that are
// shorter than 20 microseconds one in 16 is looked at, and counts for all of them.
#pragma once

#include <chrono>
#include <utility>

#include "thalweg/trainer.h"

namespace thalweg {

class StepClock {
 public:
  const StepSeconds& seconds() const { return seconds_; }

  void start() {
    looks_ = passed_over_ == 0;
    if (!looks_) {
      --passed_over_;
      return;
    }
    start_ = last_ = Clock::now();
  }

  // Adds the time since start(), or the last call, to a part of the step; `measured`: what the part says
  // itself.
  void lap(double StepSeconds::*part, double measured = 0) {
    if (!looks_) return;
    const Clock::time_point now = Clock::now();
    const double lap = std::chrono::duration<double>(now - std::exchange(last_, now)).count();
    seconds_.*part += weight_ * (measured > 0 ? measured : lap);
  }

  void stop() {
    if (!looks_) return;
    const bool is_short = last_ - start_ < std::chrono::microseconds(20);
    passed_over_ = is_short ? kOneIn - 1 : 0;
    weight_ = is_short ? kOneIn : 1;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr int kOneIn = 16;

  StepSeconds seconds_;
  bool looks_ = false;
  int passed_over_ = 0;  // steps to come that are not looked at
  double weight_ = 1;    // of the next one that is
  Clock::time_point start_, last_;
};

}  // namespace thalweg
