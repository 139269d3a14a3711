// What the gates of a chain change before a step runs: taken back where it may not.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "device/device.h"
#include "plan/values.h"

namespace thalweg {

// Everything is allocated at construction.
class Undo {
 public:
  // `weights`: of the parameters in the open window.
  Undo(const Plan& plan, const Memory& memory, Values& values, std::span<double> weights, Device& device);

  void keep();
  void put_back();

 private:
  Device& device_;
  std::span<double> numbers_, weights_;
  std::vector<double> kept_numbers_, kept_weights_;
  Arena arena_;
  std::vector<std::pair<Buffer, Buffer>> windows_;  // and what each of them was
};

}  // namespace thalweg
