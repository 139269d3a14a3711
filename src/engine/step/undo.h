// What the gates of a chain change before a step runs: taken back where it may not.
#pragma once

#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "device/device.h"
#include "plan/values.h"

namespace thalweg {

// Everything is allocated at construction.
class Undo {
 public:
  // `weights`: of the parameters in the open window. `held` is what is to be kept of a stream.
  using Held = std::function<Buffer(std::size_t parameter, const Buffer& stream)>;
  Undo(const Plan& plan, const Memory& memory, Values& values, std::span<double> weights, Device& device,
       const Held& held);

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
