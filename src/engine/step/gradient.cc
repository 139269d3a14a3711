#include "step/gradient.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace thalweg {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

}  // namespace

Gradient::Gradient(const Params& params, const Plan& plan, Participants& participants, Gathers& gathers,
                   Device& device, bool measures)
    : participants_(participants),
      gathers_(gathers),
      device_(device),
      norm_(kUnknown),
      weights_(plan.accumulates() ? params.size() : 0),
      squares_(measures ? Blocks(params).all() : 0) {}

void Gradient::arrive(double norm) {
  from_window_ = false;
  norm_ = std::isfinite(norm) ? norm : kUnknown;
  found_ = spoiled_ = {};
}

void Gradient::accumulate(double weight, bool first) {
  if (first) std::fill(weights_.begin(), weights_.end(), 0.0);
  if (weight == 0.0) {
    drop();
  } else {
    from_window_ = false;
    const Work work = participants_.unsorted({});
    device_.accumulate(work, weights_, weight);
    found_ = device_.found();
    spoiled_ = device_.spoiled();
    for (std::size_t p = 0; p < weights_.size(); ++p) weights_[p] += work.takes_part[p] != 0 ? weight : 0.0;
  }
  from_window_ = true;
  norm_ = kUnknown;  // of the window it is another
}

void Gradient::drop() {
  from_window_ = false;
  device_.zero_grads(participants_.unsorted({}));
}

Found Gradient::inspect(bool zero) {
  participants_.look_up();
  Work work = participants_.unsorted(entered_weights());
  work.from_window = from_window_;
  return device_.inspect(work, zero);
}

double Gradient::norm() {
  if (!std::isnan(norm_)) return norm_;
  Work work = participants_.unsorted(entered_weights());
  work.from_window = from_window_;
  work.squares = squares_;
  device_.measure(work);
  keep_norm();
  return norm_;
}

}  // namespace thalweg
