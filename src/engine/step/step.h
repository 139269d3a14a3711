// One step of every parameter: clocks, gates, cohorts, phases, norms. What touches elements is a Device's.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "device/device.h"
#include "ranks/held_state.h"
#include "step/gates.h"
#include "step/gathers.h"
#include "step/gradient.h"
#include "step/participants.h"
#include "step/undo.h"
#include "thalweg/optimizer.h"

namespace thalweg {

// What came of a step.
struct StepOutcome {
  // Whether it made something not finite, or would have made, of a gradient that is.
  bool spoils() const { return found.count == 0 && spoiled.count > 0; }

  double grad_norm = std::numeric_limits<double>::quiet_NaN();  // NaN: not measured
  Found found = {};                                             // of the gradient, or by a gate
  Found spoiled = {};                                           // of what it left, or would have left
  Measurer* measured = nullptr;                                 // where it was asked to measure
};

// Everything is allocated at construction; run() only computes, but for what goes between ranks.
class Step {
 public:
  Step(Params& params, const Plan& plan, const OptimizerOptions& options, DeviceMaker make_device);

  // The update after k updates, if the gates of the chain let it pass. `clocks` are the parameters' own,
  // raised here where it does. By every policy but `report` it is rehearsed first, and held with nothing
  // changed where it spoils something.
  Verdict run(std::uint64_t k, const StepInput& input, std::span<std::uint64_t> clocks);

  // The gradients have come, `count` of them with this one: those of all ranks come together, before run() or
  // in it.
  void receive(std::uint64_t count, const StepInput& input);

  // Looks for what is not finite in the gradients that have come; with `zero` sets it to 0.
  Found inspect(bool zero);
  void drop_grads() { gradient_.drop(); }

  // Whether a parameter can be updated before the gradients of others are there.
  bool goes_apart() { return is_of_elements() && state_.ranks() == nullptr; }

  // Whoever changed clocks or kept numbers by hand says so.
  void forget_cohorts() { participants_.forget(); }
  // Takes up where the parameters' memory is now.
  void look_up() { participants_.look_up(); }

  const StepOutcome& last() const { return last_; }
  double lr() const { return lowering_.rate(); }  // of the last step

  HeldState& state() { return state_; }
  Values& values() { return lowering_.values(); }
  Device& device() { return *device_; }
  // Of each parameter in the open window; empty where nothing accumulates.
  std::span<double> window_weights() { return gradient_.weights(); }

 private:
  bool is_of_elements() const { return plan_.phases == 1 && plan_.gates.empty() && !undo_; }
  // Whether ranks step pieces as their gradients come.
  bool goes_piecewise() {
    return is_of_elements() && !state_.portion().whole() && state_.ranks()->steps_pieces();
  }
  void fill_initial();
  Measurer* measurer_for(const Statistics& wanted);
  void run_phases(const Work& work);
  void run_apart(const Work& work, const StepInput& input);
  void run_piecewise(const Work& work, const StepInput& input);
  bool rehearse(Work work, std::span<std::uint64_t> clocks);
  Verdict take_back();
  void begin_phase(std::size_t phase);
  void find_norm();

  Params& params_;
  const Plan& plan_;
  const Statistics statistics_;  // that every step measures
  HeldState state_;
  Lowering lowering_;
  std::unique_ptr<Device> device_;
  Gathers gathers_;
  Participants participants_;
  Gradient gradient_;
  Gates gates_;
  const bool wants_norm_;               // whether or not the chain gathers it
  std::optional<Undo> undo_;            // where a step is rehearsed
  std::unique_ptr<Measurer> measurer_;  // of the last step that measured anything
  struct {
    std::unordered_map<const Parameter*, std::size_t> numbers;
    std::vector<char> left;
  } apart_;  // of steps whose parameters go apart
  StepOutcome last_;
};

}  // namespace thalweg
