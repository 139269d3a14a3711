// What was loaded goes where it belongs.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/threads.h"
#include "checkpoint/match.h"
#include "safetensors/state_file.h"

namespace thalweg {

// State as it is before the first step, of an optimizer like the one whose slots are given.
class InitialState {
 public:
  // Allocates it where `match` has some of it begin anew.
  InitialState(Params& params, Optimizer& optimizer, const Match& match);
  std::span<const std::byte> of(const Slot& slot) const;  // empty: zeros

 private:
  std::optional<Optimizer> optimizer_;
  std::map<std::string, std::span<std::byte>> bytes_;
};

// Fills every slot but the parameters that stay as they are, straight from a file that was verified. Throws
// Error(data) only where it can be read no more, or was changed meanwhile: then part of the slots are filled.
void fill(const std::vector<Slot>& slots, const Match& match, const StateFile& file,
          const InitialState* initial, Team& team);

}  // namespace thalweg
