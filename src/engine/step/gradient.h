// The gradient that enters the chain: as given, or the sum of a window.
#pragma once

#include <span>
#include <vector>

#include "device/device.h"
#include "step/gathers.h"
#include "step/participants.h"

namespace thalweg {

class Gradient {
 public:
  // `measures`: whether its norm may be asked for.
  Gradient(const Params& params, const Plan& plan, Participants& participants, Gathers& gathers,
           Device& device, bool measures);

  // A new one has come; its norm is NaN where nobody knows it.
  void arrive(double norm);
  // It joins the window, which is then what enters. The first of a window replaces what the last one left.
  void accumulate(double weight, bool first);
  // What a step does not use is zeroed too, where gradients are.
  void drop();
  Found inspect(bool zero);

  // Of what enters: NaN where unknown. norm() measures it if it must.
  double known_norm() const { return norm_; }
  double norm();
  // The sums of squares of its blocks, for a pass over it that a step makes anyway; keep_norm() adds them up.
  std::span<Total> squares() { return squares_; }
  void keep_norm() { norm_ = gathers_.norm_of(squares_); }

  // What was not finite in a gradient that has joined the window, and what it left so of the window.
  const Found& found() const { return found_; }
  const Found& spoiled() const { return spoiled_; }

  bool from_window() const { return from_window_; }
  // Of the parameters in the open window; empty where nothing accumulates.
  std::span<double> weights() { return weights_; }
  // Those of what enters: empty where it is as given.
  std::span<const double> entered_weights() const {
    return from_window_ ? std::span<const double>(weights_) : std::span<const double>();
  }

 private:
  Participants& participants_;
  Gathers& gathers_;
  Device& device_;
  bool from_window_ = false;
  double norm_;
  std::vector<double> weights_;
  std::vector<Total> squares_;  // block -> sum of squares
  Found found_, spoiled_;
};

}  // namespace thalweg
