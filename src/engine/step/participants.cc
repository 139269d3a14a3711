#include "step/participants.h"

#include <algorithm>

#include "device/partition.h"

namespace thalweg {

Participants::Participants(Params& params, const Plan& plan, Memory& memory, Cohorts& cohorts,
                           const Portion& portion)
    : params_(params),
      plan_(plan),
      memory_(memory),
      cohorts_(cohorts),
      portion_(portion),
      takes_part_(params.size()),
      unsorted_(params.size()) {
  spans_.reserve(params.size());
  span_begin_.reserve(params.size() + 1);
}

void Participants::set_present(std::span<const char> present) {
  if (std::ranges::equal(present, present_)) return;
  present_.assign(present.begin(), present.end());
  forget();
}

void Participants::look_up() {
  if (params_.changes() == seen_changes_) return;
  memory_.look_up();
  seen_changes_ = params_.changes();
  sorted_ = false;
}

bool Participants::takes_part(std::size_t p, std::span<const double> weights) const {
  if (p >= plan_.group_of.size() || plan_.group_of[p] == Plan::kNoGroup)
    return false;  // added since: no state
  const Parameter& parameter = params_[p];
  const bool present = present_.empty() ? !parameter.absent() : present_[p] != 0;
  return !parameter.frozen() && (weights.empty() ? present : weights[p] > 0);
}

// Tells whether anything is other than `out` said.
bool Participants::find(std::span<const double> weights, std::vector<char>& out) const {
  bool changed = false;
  for (std::size_t p = 0; p < out.size(); ++p) {
    const char now = takes_part(p, weights) ? 1 : 0;
    changed |= now != out[p];
    out[p] = now;
  }
  return changed;
}

Work Participants::advance(std::span<std::uint64_t> clocks, std::span<const double> weights) {
  if (!sorted_ || !weights.empty()) sorted_ = !find(weights, takes_part_) && sorted_;
  for (std::size_t p = 0; p < takes_part_.size(); ++p)
    clocks[p] += static_cast<std::uint64_t>(takes_part_[p]);
  if (sorted_) {
    cohorts_.advance();
  } else {
    cohorts_.sort(clocks, takes_part_);
    join();
    sorted_ = true;
  }
  return {.spans = spans_, .span_begin = span_begin_, .takes_part = takes_part_};
}

Work Participants::unsorted(std::span<const double> weights) {
  find(weights, unsorted_);
  return {.takes_part = unsorted_};
}

void Participants::join() {
  spans_.clear();
  span_begin_.assign(1, 0);
  for (std::size_t p = 0, last = 0; p < takes_part_.size(); ++p) {
    if (takes_part_[p] == 0) continue;
    const auto [begin, end] = portion_.of(p, memory_.size(p));
    if (begin >= end) continue;
    const bool joins = !spans_.empty() && last + 1 == p && cohorts_.same(last, p) && memory_.follows(last, p);
    if (joins) {
      spans_.back().end += memory_.padded_size(last) - memory_.size(last) + end;
    } else {
      spans_.push_back({p, begin, end});
    }
    last = p;
  }
  for (const Piece& span : spans_)
    span_begin_.push_back(span_begin_.back() + blocks_of(span.end - span.begin));
}

}  // namespace thalweg
