#include "step/step.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "device/denormals.h"
#include "device/partition.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

// What is not finite of the numbers that the chain keeps.
void add_spoiled(Cohorts& cohorts, Found& spoiled) {
  for (const Cohort& cohort : cohorts.all()) {
    for (std::size_t i = 0; i < cohort.group->numbers; ++i) {
      if (!std::isfinite(cohort.numbers[i])) spoiled.add({1, cohort.first, 0});
    }
  }
}

// What the kernels found in all of a step.
void take_found(const Device& device, StepOutcome& outcome) {
  if (device.found().count > 0) outcome.found = device.found();
  if (device.spoiled().count > 0) outcome.spoiled = device.spoiled();
}

std::unique_ptr<Device> device_for(Ranks* ranks, const Bound& bound, const OptimizerOptions& options,
                                   DeviceMaker make) {
  const DeviceOptions own{options.threads, options.simd, options.tile, options.zero_grad};
  return ranks == nullptr ? make(bound, own) : ranks->make_device(bound, own, make);
}

}  // namespace

Step::Step(Params& params, const Plan& plan, const OptimizerOptions& options, DeviceMaker make_device)
    : params_(params),
      plan_(plan),
      statistics_(options.statistics),
      state_(params, plan, options),
      lowering_(params, plan),
      device_(device_for(state_.ranks(), {params, plan, state_.memory(), lowering_, state_.portion()},
                         options, make_device)),
      gathers_(params, plan),
      participants_(params, plan, state_.memory(), lowering_.cohorts(), state_.portion()),
      gradient_(params, plan, participants_, gathers_, *device_, options.grad_norm || Gates::measure(plan)),
      gates_(plan, lowering_.values(), gradient_),
      wants_norm_(options.grad_norm && !gathers_.begin_with_norm()) {
  if (options.nonfinite != Nonfinite::report)
    undo_.emplace(plan, state_.memory(), values(), gradient_.weights(), *device_,
                  [this](std::size_t p, const Buffer& stream) { return state_.of(p, stream); });
  fill_initial();
  measurer_for(statistics_);
}

void Step::receive(std::uint64_t count, const StepInput& input) {
  Ranks* ranks = state_.ranks();
  if (ranks == nullptr && input.sum != nullptr) {
    throw Error(Code::usage,
                {"step", "a part of a gradient, and no ranks to add theirs", plan_.chain.text(),
                 "an optimizer with the same ranks as the trainer", "set OptimizerOptions::comm"});
  }
  if (ranks == nullptr) return;
  state_.drop_gathered();
  ranks->agree(count, input);
  participants_.set_present(ranks->present());
  if (!goes_piecewise()) ranks->reduce(input);
}

// Fresh memory is zero; what begins with another number is written here.
void Step::fill_initial() {
  for (const Group& group : plan_.groups) {
    for (std::size_t i = 0; i < group.states.size(); ++i) {
      const StateStream& stream = group.states[i];
      const auto initial = plan_.links[stream.link].transform->kept.initial;
      const double number = initial == nullptr ? 0.0 : initial(values().options(stream.link), stream.index);
      if (number == 0.0) continue;
      for (const std::size_t p : group.parameters)
        device_->fill(state_.of(p, state_.memory().state_buffer(p, i)), number);
    }
  }
}

// Null where nothing is wanted.
Measurer* Step::measurer_for(const Statistics& wanted) {
  if (!wanted.any()) return nullptr;
  if (measurer_ == nullptr || measurer_->wanted() != wanted) {
    measurer_ = std::make_unique<Measurer>(params_, Blocks(params_), wanted, device_->members());
  }
  return measurer_.get();
}

Verdict Step::run(std::uint64_t k, const StepInput& input, std::span<std::uint64_t> clocks) {
  const FlushDenormals flush;
  values().evaluate(k);
  participants_.look_up();
  gradient_.arrive(input.grad_norm);
  last_ = {};
  if (undo_) undo_->keep();
  if (!plan_.gates.empty()) {
    const Verdict verdict = gates_.ask(k, input);
    last_.found = gates_.found().count > 0 ? gates_.found() : gradient_.found();
    last_.spoiled = gradient_.spoiled();
    if (undo_ && last_.spoils()) return take_back();
    if (verdict != Verdict::pass) {
      last_.grad_norm = gates_.norm();
      gradient_.drop();
      return verdict;
    }
  }
  Work work = participants_.advance(clocks, gradient_.entered_weights());
  work.from_window = gradient_.from_window();
  work.known_norm = gathers_.begin_with_norm() ? gradient_.known_norm() : kUnknown;
  work.partials = gathers_.partials();
  if (undo_ && rehearse(work, clocks)) return take_back();
  const bool measures = wants_norm_ && std::isnan(gradient_.known_norm());
  if (measures) work.squares = gradient_.squares();
  if (statistics_.any() || input.statistics.any()) {
    last_.measured = work.measurer = measurer_for(statistics_ | input.statistics);
    last_.measured->clear(gates_.scale());
  }
  if (input.meanwhile) work.meanwhile = &input.meanwhile;
  if (goes_piecewise()) {
    run_piecewise(work, input);
  } else if (input.backward && state_.ranks() == nullptr) {
    run_apart(work, input);
  } else {
    run_phases(work);
  }
  lowering_.keep_numbers();
  if (measures) gradient_.keep_norm();
  if (!gathers_.begin_with_norm()) last_.grad_norm = gradient_.known_norm() * gates_.scale();
  if (!plan_.gates.empty()) gates_.tell();
  if (last_.measured != nullptr) last_.measured->finish();
  return Verdict::pass;
}

// What it finds is what the kernels found, and kept numbers.
void Step::run_phases(const Work& work) {
  begin_phase(0);
  device_->run(work, [this](std::size_t phase) { begin_phase(phase); });
  take_found(*device_, last_);
  add_spoiled(lowering_.cohorts(), last_.spoiled);
}

// The same, of one parameter after the other, as their gradients come.
void Step::run_apart(const Work& work, const StepInput& input) {
  if (apart_.numbers.empty()) {
    for (std::size_t p = 0; p < work.takes_part.size(); ++p) apart_.numbers.emplace(&params_[p], p);
  }
  apart_.left.assign(work.takes_part.begin(), work.takes_part.end());
  std::ranges::fill(work.squares, Total{});
  begin_phase(0);
  const auto run = [&](std::size_t p) {
    if (std::exchange(apart_.left[p], char{0}) == 0 || state_.memory().size(p) == 0) return;
    const FlushDenormals flush;
    const Piece all{p, 0, state_.memory().size(p)};
    const std::array<std::size_t, 2> begin{0, blocks_of(all.end)};
    Work one = work;
    one.spans = {&all, 1};
    one.span_begin = begin;
    one.apart = true;
    device_->run(one, {});
    if (device_->found().count > 0) last_.found.add(device_->found());
    if (device_->spoiled().count > 0) last_.spoiled.add(device_->spoiled());
  };
  {
    const FlushDenormals keep(false);  // the step's caller computes as outside of it
    input.backward([&](const Parameter& parameter) {
      if (const auto found = apart_.numbers.find(&parameter); found != apart_.numbers.end())
        run(found->second);
    });
  }
  for (std::size_t p = 0; p < apart_.left.size(); ++p) run(p);
  add_spoiled(lowering_.cohorts(), last_.spoiled);
}

// The same, of pieces that this rank holds, as their gradients come from the others.
void Step::run_piecewise(const Work& work, const StepInput& input) {
  std::ranges::fill(work.squares, Total{});
  begin_phase(0);
  Work part = work;
  part.apart = true;
  std::vector<std::size_t> begin;
  state_.ranks()->reduce(input, [&](std::span<const Piece> pieces) {
    const FlushDenormals flush;
    begin.assign(1, 0);
    for (const Piece& piece : pieces) begin.push_back(begin.back() + blocks_of(piece.end - piece.begin));
    part.spans = pieces;
    part.span_begin = begin;
    device_->run(part, {});
  });
  device_->end_apart(work);
  take_found(*device_, last_);
  add_spoiled(lowering_.cohorts(), last_.spoiled);
}

// Whether the step would spoil something; its clocks are taken back then.
bool Step::rehearse(Work work, std::span<std::uint64_t> clocks) {
  work.rehearses = true;
  run_phases(work);
  if (!last_.spoils()) return false;
  for (std::size_t p = 0; p < work.takes_part.size(); ++p) {
    clocks[p] -= static_cast<std::uint64_t>(work.takes_part[p]);
  }
  participants_.forget();
  return true;
}

Verdict Step::take_back() {
  undo_->put_back();
  return Verdict::hold;
}

// The numbers of a phase, from the sums that the one before it has left.
void Step::begin_phase(std::size_t phase) {
  if (phase > 0) gathers_.add_up(phase - 1, lowering_.cohorts());
  if (phase == 1 && gathers_.begin_with_norm()) find_norm();
  lowering_.lower(phase, gathers_.sums());
}

// The same, whoever found it: a gather, a gate or the caller.
void Step::find_norm() {
  Total& sum = gathers_.first_sum();
  const double known = gradient_.known_norm();
  const double norm = last_.grad_norm = std::isnan(known) ? sum.norm() : known * gates_.scale();
  if (std::isinf(norm) && std::isfinite(sum.sum)) return;  // the sum knows it better
  const double unit = norm > 0x1p480                  ? Total::kStep
                      : norm > 0.0 && norm < 0x1p-480 ? 1.0 / Total::kStep
                                                      : 1.0;
  sum = {norm / unit * (norm / unit), unit};
}

Found Step::inspect(bool zero) {
  gradient_.arrive(kUnknown);
  return gradient_.inspect(zero);
}

}  // namespace thalweg
