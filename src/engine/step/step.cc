#include "step/step.h"

#include <cmath>
#include <limits>

#include "device/denormals.h"

namespace thalweg {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

}  // namespace

Step::Step(Params& params, const Plan& plan, const OptimizerOptions& options, DeviceMaker make_device)
    : params_(params),
      plan_(plan),
      statistics_(options.statistics),
      memory_(params, plan),
      lowering_(params, plan),
      device_(make_device({params, plan, memory_, lowering_},
                          {options.threads, options.simd, options.tile, options.zero_grad})),
      gathers_(params, plan),
      participants_(params, plan, memory_, lowering_.cohorts()),
      gradient_(params, plan, participants_, gathers_, *device_, options.grad_norm || Gates::measure(plan)),
      gates_(plan, lowering_.values(), gradient_),
      wants_norm_(options.grad_norm && !gathers_.begin_with_norm()),
      grad_norm_(kUnknown) {
  fill_initial();
  measurer_for(statistics_);
}

// Fresh memory is zero; what begins with another number is written here.
void Step::fill_initial() {
  for (const Group& group : plan_.groups) {
    for (std::size_t i = 0; i < group.states.size(); ++i) {
      const StateStream& stream = group.states[i];
      const auto initial = plan_.links[stream.link].transform->kept.initial;
      const double number = initial == nullptr ? 0.0 : initial(values().options(stream.link), stream.index);
      if (number == 0.0) continue;
      for (const std::size_t p : group.parameters) device_->fill(memory_.state_buffer(p, i), number);
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
  grad_norm_ = kUnknown;
  if (found_.count > 0) found_ = {};
  measured_ = nullptr;
  if (!plan_.gates.empty()) {
    if (const Verdict verdict = gates_.ask(k, input); verdict != Verdict::pass) {
      grad_norm_ = gates_.norm();
      found_ = gates_.found();
      gradient_.drop();
      return verdict;
    }
  }
  Work work = participants_.advance(clocks, gradient_.entered_weights());
  work.from_window = gradient_.from_window();
  work.known_norm = gathers_.begin_with_norm() ? gradient_.known_norm() : kUnknown;
  work.partials = gathers_.partials();
  const bool measures = wants_norm_ && std::isnan(gradient_.known_norm());
  if (measures) work.squares = gradient_.squares();
  if (statistics_.any() || input.statistics.any()) {
    measured_ = work.measurer = measurer_for(statistics_ | input.statistics);
    measured_->clear(gates_.scale());
  }
  begin_phase(0);
  device_->run(work, [this](std::size_t phase) { begin_phase(phase); });
  if (device_->found().count > 0) found_ = device_->found();
  lowering_.keep_numbers();
  if (measures) gradient_.keep_norm();
  if (!gathers_.begin_with_norm()) grad_norm_ = gradient_.known_norm() * gates_.scale();
  if (!plan_.gates.empty()) gates_.tell();
  if (measured_ != nullptr) measured_->finish();
  return Verdict::pass;
}

// The numbers of a phase, from the sums that the one before it has left.
void Step::begin_phase(std::size_t phase) {
  if (phase > 0) gathers_.add_up(phase - 1, lowering_.cohorts());
  if (phase == 1 && gathers_.begin_with_norm()) find_norm();
  lowering_.lower(phase, gathers_.sums());
}

// The same, whoever found it: a gather, a gate or the caller.
void Step::find_norm() {
  double& sum = gathers_.first_sum();
  const double known = gradient_.known_norm();
  grad_norm_ = std::isnan(known) ? std::sqrt(sum) : known * gates_.scale();
  sum = grad_norm_ * grad_norm_;
}

Found Step::inspect(bool zero) {
  gradient_.arrive(kUnknown);
  return gradient_.inspect(zero);
}

}  // namespace thalweg
