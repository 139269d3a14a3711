// Runner: what is decided before a step.
#include <algorithm>
#include <limits>
#include <span>

#include "step/run.h"

namespace thalweg {

// The factor that the first gates put before the gradient that entered: of the window's mean, of what the
// loss was scaled by.
double Runner::scale_of_gates(std::size_t gates) const {
  double scale = 1.0;
  for (const std::size_t gate : std::span(plan_.gates).first(gates)) {
    if (plan_.links[gate].transform->affine != nullptr) scale *= lowering_.factor(gate);
  }
  return scale;
}

bool Runner::measures_for(std::size_t gate) const {
  const Link& link = plan_.links[gate];
  return link.transform->measures != nullptr && link.transform->measures(link.fixed);
}

void Runner::tell_gates() {
  for (const std::size_t gate : plan_.gates) {
    const auto passed = plan_.links[gate].transform->passed;
    if (passed != nullptr) passed(lowering_.options_of(gate), lowering_.chain_numbers(gate));
  }
}

// What the gate of that place decides from.
Arrival Runner::arrival(std::size_t at, std::uint64_t k, const StepInput& input) {
  const std::size_t gate = plan_.gates[at];
  const Transform& transform = *plan_.links[gate].transform;
  Arrival now{.o = lowering_.options_of(gate), .numbers = lowering_.chain_numbers(gate), .k = k};
  now.weight = input.weight;
  now.last = input.last;
  if (transform.looks) now.finite = inspect_entered(false).count == 0;
  if (measures_for(gate)) {
    if (!knows_norm()) measure_entered();
    now.norm = grad_norm_ = entered_norm_ * scale_of_gates(at);
  }
  return now;
}

Verdict Runner::ask_gates(std::uint64_t k, const StepInput& input) {
  for (std::size_t i = 0; i < plan_.gates.size(); ++i) {
    const Arrival now = arrival(i, k, input);
    const Transform& transform = *plan_.links[plan_.gates[i]].transform;
    const Verdict verdict = transform.decide(now);
    if (transform.accumulates && (verdict == Verdict::pass || verdict == Verdict::wait)) {
      accumulate(now);
      from_window_ = true;
      entered_norm_ = std::numeric_limits<double>::quiet_NaN();  // of the window it is another
    }
    if (verdict != Verdict::pass) return verdict;
  }
  return Verdict::pass;
}

// Adds the gradient to the window. The first of a window replaces what the last one left.
void Runner::accumulate(const Arrival& now) {
  const bool first = now.numbers[0] == 1.0;
  if (first) std::fill(weights_.begin(), weights_.end(), 0.0);
  if (now.weight == 0.0) return drop_grads();
  from_window_ = false;
  on_team([&](int member) {
    for_each_piece(member, [&](const Piece& piece) {
      const std::size_t p = piece.parameter;
      if (!takes_part(p)) return;
      const Dtype dtype = memory_.dtype(p);
      const bool fresh = weights_[p] == 0.0;
      void* grad = offset(memory_.grad(p), piece.begin, dtype);
      core(dtype).accumulate(fresh ? 0.0 : 1.0, now.weight, grad,
                             offset(memory_.window(p), piece.begin, dtype), piece.end - piece.begin);
      zero_grads(piece);
    });
  });
  for (std::size_t p = 0; p < weights_.size(); ++p) {
    if (takes_part(p)) weights_[p] += now.weight;
  }
}

}  // namespace thalweg
