#include "device/memory.h"

#include <algorithm>

namespace thalweg {
namespace {

constexpr int kFirstColour = 2;  // after values and gradients

std::ptrdiff_t distance(const void* from, const void* to) {
  return static_cast<const std::byte*>(to) - static_cast<const std::byte*>(from);
}

}  // namespace

// Streams of one kind lie in one block of one arena, so that parameters whose values do are one span.
Memory::Memory(Params& params, const Plan& plan) : params_(params), plan_(plan), places_(params.size()) {
  std::size_t most_states = 0;
  for (const Group& group : plan.groups) most_states = std::max(most_states, group.states.size());
  const std::size_t kept = most_states, window = most_states + 1;
  const bool accumulates = plan.accumulates();
  std::vector<std::size_t> bytes_of(most_states + 2);
  for (const Group& group : plan.groups) {
    const bool keeps = group.keeps();
    for (const std::size_t p : group.parameters) {
      const std::size_t bytes = Arena::padded(params[p].size() * size_of(group.dtype));
      for (std::size_t i = 0; i < group.states.size(); ++i) {
        bytes_of[i] += Arena::padded(plan.bytes(group.states[i], params[p]));
      }
      if (keeps) bytes_of[kept] += bytes;
      if (accumulates) bytes_of[window] += bytes;
    }
  }
  for (std::size_t i = 0; i < bytes_of.size(); ++i) {
    arenas_.emplace_back(kFirstColour + static_cast<int>(i)).reserve(bytes_of[i]);
  }
  for (std::size_t p = 0; p < params.size(); ++p) {
    Streams& place = places_[p];
    place.value = {nullptr, params[p].size(), params[p].dtype()};
    place.adopted = params[p].adopted();
    place.first_state = states_.size();
    if (plan.group_of[p] == Plan::kNoGroup) continue;
    const Group& group = plan.groups[plan.group_of[p]];
    const std::size_t bytes = place.value.size * size_of(place.value.dtype);
    place.states = group.states.size();
    for (std::size_t i = 0; i < group.states.size(); ++i) {
      const StateStream& stream = group.states[i];
      const std::size_t own = plan.bytes(stream, params[p]);
      const bool alike = plan.is_like_value(stream);
      const Dtype dtype = alike ? group.dtype : plan.form(stream, params[p]).dtype;
      states_.push_back({arenas_[i].allocate(own), own / size_of(dtype), dtype});
      place.alike = place.alike && alike;
    }
    if (group.keeps()) place.kept = arenas_[kept].allocate(bytes);
    if (accumulates) place.window = arenas_[window].allocate(bytes);
  }
  look_up();
}

void Memory::look_up() {
  for (std::size_t p = 0; p < places_.size(); ++p) {
    places_[p].value.data = params_[p].value_buffer().data;
    places_[p].grad = params_[p].grad_buffer().data;
  }
}

Buffer Memory::like_value(std::size_t p, void* data) const {
  return {.data = data, .dtype = dtype(p), .shape = params_[p].shape()};
}

Buffer Memory::state_buffer(std::size_t p, std::size_t stream) const {
  const Group& group = plan_.groups[plan_.group_of[p]];
  Form looks = plan_.form(group.states[stream], params_[p]);
  return {.data = states(p)[stream].data, .dtype = looks.dtype, .shape = std::move(looks.shape)};
}

std::size_t Memory::padded_size(std::size_t p) const {
  if (places_[p].adopted) return size(p);
  return Arena::padded(size(p) * size_of(dtype(p))) / size_of(dtype(p));
}

bool Memory::follows(std::size_t p, std::size_t q) const {
  const Streams &a = places_[p], &b = places_[q];
  if (a.value.size == 0 || a.adopted != b.adopted || a.value.dtype != b.value.dtype || a.states != b.states ||
      !a.alike || !b.alike) {
    return false;
  }
  const auto bytes = static_cast<std::ptrdiff_t>(padded_size(p) * size_of(a.value.dtype));
  const auto joins = [&](const void* from, const void* to) {
    return from == nullptr ? to == nullptr : to != nullptr && distance(from, to) == bytes;
  };
  if (!joins(a.value.data, b.value.data) || !joins(a.grad, b.grad) || !joins(a.window, b.window))
    return false;
  if (!joins(a.kept, b.kept)) return false;
  for (std::size_t i = 0; i < a.states; ++i) {
    if (!joins(states(p)[i].data, states(q)[i].data)) return false;
  }
  return true;
}

}  // namespace thalweg
