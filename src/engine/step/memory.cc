#include "step/memory.h"

#include <algorithm>

namespace thalweg {
namespace {

constexpr int kFirstColour = 2;  // behind values and gradients

std::ptrdiff_t distance(const void* from, const void* to) {
  return static_cast<const std::byte*>(to) - static_cast<const std::byte*>(from);
}

}  // namespace

// Streams of one kind lie in one block of one arena, so that parameters whose values do are one run.
Memory::Memory(const Params& params, const Plan& plan) : params_(params), places_(params.size()) {
  std::size_t most_states = 0;
  for (const Group& group : plan.groups) most_states = std::max(most_states, group.states);
  std::vector<std::size_t> bytes_of(most_states + 2);  // a state stream each, kept updates, windows
  for (const Group& group : plan.groups) {
    for (const std::size_t p : group.parameters) {
      const std::size_t bytes = Arena::padded(params[p].size() * size_of(group.dtype));
      for (std::size_t i = 0; i < group.states; ++i) bytes_of[i] += bytes;
      if (group.keeps) bytes_of[most_states] += bytes;
      if (plan.accumulates) bytes_of[most_states + 1] += bytes;
    }
  }
  for (std::size_t i = 0; i < bytes_of.size(); ++i) {
    arenas_.emplace_back(kFirstColour + static_cast<int>(i)).reserve(bytes_of[i]);
  }
  for (std::size_t p = 0; p < params.size(); ++p) {
    Place& place = places_[p];
    place.size = params[p].size();
    place.dtype = params[p].dtype();
    place.adopted = params[p].adopted();
    place.first_state = states_.size();
    if (plan.group_of[p] == Plan::kNoGroup) continue;
    const Group& group = plan.groups[plan.group_of[p]];
    const std::size_t bytes = place.size * size_of(place.dtype);
    place.states = group.states;
    for (std::size_t i = 0; i < group.states; ++i) states_.push_back(arenas_[i].allocate(bytes));
    if (group.keeps) place.kept = arenas_[most_states].allocate(bytes);
    if (plan.accumulates) place.window = arenas_[most_states + 1].allocate(bytes);
  }
  look_up();
}

void Memory::look_up() {
  for (std::size_t p = 0; p < places_.size(); ++p) {
    const Parameter& parameter = params_[p];
    const bool f32 = parameter.dtype() == Dtype::f32;
    places_[p].value = f32 ? static_cast<void*>(parameter.value<float>().data())
                           : static_cast<void*>(parameter.value<double>().data());
    places_[p].grad = f32 ? static_cast<void*>(parameter.grad<float>().data())
                          : static_cast<void*>(parameter.grad<double>().data());
  }
}

std::size_t Memory::padded_size(std::size_t p) const {
  const Place& place = places_[p];
  if (place.adopted) return place.size;
  return Arena::padded(place.size * size_of(place.dtype)) / size_of(place.dtype);
}

bool Memory::follows(std::size_t p, std::size_t q) const {
  const Place &a = places_[p], &b = places_[q];
  if (a.size == 0 || a.adopted != b.adopted || a.dtype != b.dtype || a.states != b.states) return false;
  const auto bytes = static_cast<std::ptrdiff_t>(padded_size(p) * size_of(a.dtype));
  const auto joins = [&](const void* from, const void* to) {
    return from == nullptr ? to == nullptr : to != nullptr && distance(from, to) == bytes;
  };
  if (!joins(a.value, b.value) || !joins(a.grad, b.grad) || !joins(a.window, b.window)) return false;
  if (!joins(a.kept, b.kept)) return false;
  for (std::size_t i = 0; i < a.states; ++i) {
    if (!joins(state(p, i), state(q, i))) return false;
  }
  return true;
}

}  // namespace thalweg
