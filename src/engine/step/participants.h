// Which parameters a step touches, sorted into cohorts and joined where they follow each other in memory.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "device/device.h"

namespace thalweg {

// Nothing is allocated after construction.
class Participants {
 public:
  Participants(Params& params, const Plan& plan, Memory& memory, Cohorts& cohorts, const Portion& portion);

  // Whoever changed clocks, kept numbers or what takes part by hand says so.
  void forget() { sorted_ = false; }
  // Which parameters have a gradient, where it is not they who say so.
  void set_present(std::span<const char> present);
  // Takes up what changed in the parameters since the last call.
  void look_up();

  // Whether a step would touch the parameter: of a window, where it has a weight in it; else where it has a
  // gradient. `weights` is empty where the gradient is as given.
  bool takes_part(std::size_t parameter, std::span<const double> weights) const;

  // Raises the clocks of those that take part and sorts them, if anything is different from the step before;
  // the work of that step.
  Work advance(std::span<std::uint64_t> clocks, std::span<const double> weights);

  // For what is done to gradients apart from a step: those that take part, not sorted.
  Work unsorted(std::span<const double> weights);

 private:
  bool find(std::span<const double> weights, std::vector<char>& out) const;
  void join();

  Params& params_;
  const Plan& plan_;
  Memory& memory_;
  Cohorts& cohorts_;
  const Portion& portion_;
  std::vector<char> present_;  // empty where the parameters say it
  bool sorted_ = false;
  std::uint64_t seen_changes_ = 0;
  std::vector<char> takes_part_;         // parameter -> whether it does, as sorted
  std::vector<char> unsorted_;           // the same, as last asked for
  std::vector<Piece> spans_;             // as in Work
  std::vector<std::size_t> span_begin_;  // as in Work
};

}  // namespace thalweg
