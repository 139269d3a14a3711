#include "step/gates.h"

#include <algorithm>
#include <limits>

namespace thalweg {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

bool measures(const Link& link) {
  const auto asks = link.transform->gate.measures;
  return asks != nullptr && asks(link.fixed);
}

}  // namespace

Gates::Gates(const Plan& plan, Values& values, Gradient& gradient)
    : plan_(plan), values_(values), gradient_(gradient), norm_(kUnknown) {}

bool Gates::measure(const Plan& plan) {
  return std::any_of(plan.gates.begin(), plan.gates.end(),
                     [&](std::size_t gate) { return measures(plan.links[gate]); });
}

double Gates::scale(std::size_t gates) {
  double scale = 1.0;
  for (std::size_t i = 0; i < gates; ++i) {
    if (plan_.links[plan_.gates[i]].transform->affine != nullptr) scale *= values_.factor(plan_.gates[i]);
  }
  return scale;
}

double Gates::scale() { return scale(plan_.gates.size()); }

void Gates::tell() {
  for (const std::size_t gate : plan_.gates) {
    const auto passed = plan_.links[gate].transform->gate.passed;
    if (passed != nullptr) passed(values_.options(gate), values_.of_chain(gate));
  }
}

// What the gate of that place decides from.
Arrival Gates::arrival(std::size_t at, std::uint64_t k, const StepInput& input) {
  const std::size_t gate = plan_.gates[at];
  Arrival now{.o = values_.options(gate), .numbers = values_.of_chain(gate), .k = k};
  now.weight = input.weight;
  now.last = input.last;
  if (plan_.links[gate].transform->part == Part::guard) {
    found_ = gradient_.inspect(false);
    now.finite = found_.count == 0;
  }
  if (measures(plan_.links[gate])) now.norm = norm_ = gradient_.norm() * scale(at);
  return now;
}

Verdict Gates::ask(std::uint64_t k, const StepInput& input) {
  found_ = {};
  norm_ = kUnknown;
  for (std::size_t i = 0; i < plan_.gates.size(); ++i) {
    const Arrival now = arrival(i, k, input);
    const Transform& transform = *plan_.links[plan_.gates[i]].transform;
    const Verdict verdict = transform.gate.decide(now);
    const bool taken = verdict == Verdict::pass || verdict == Verdict::wait;
    if (transform.part == Part::window && taken) gradient_.accumulate(now.weight, now.numbers[0] == 1.0);
    if (verdict != Verdict::pass) return verdict;
  }
  return Verdict::pass;
}

}  // namespace thalweg
