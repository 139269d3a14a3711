// Optimizer: the parameters to evaluate, where they are not those that are trained.
#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "step/optimizer_impl.h"

namespace thalweg {
namespace {

// The link whose state holds what is to be evaluated: the last one of the group that averages.
struct Averaging {
  std::size_t link;    // of the chain
  std::size_t at;      // in the group
  std::size_t stream;  // its first state stream
};

std::optional<Averaging> averaging_of(const Group& group, const Plan& plan) {
  std::optional<Averaging> found;
  for (std::size_t i = 0; i < group.links.size(); ++i) {
    if (plan.links[group.links[i]].transform->averaged == nullptr) continue;
    const auto own = [&](const StateStream& stream) { return stream.link == group.links[i]; };
    const auto first = std::find_if(group.states.begin(), group.states.end(), own);
    found = {group.links[i], i, static_cast<std::size_t>(first - group.states.begin())};
  }
  return found;
}

template <class T>
void evaluate(const Affine& map, void* value, const void* state, std::size_t n) {
  T* p = static_cast<T*>(value);
  const T* s = static_cast<const T*>(state);
  for (std::size_t i = 0; i < n; ++i) {
    p[i] = static_cast<T>(map.a * static_cast<double>(p[i]) + map.b * static_cast<double>(s[i]));
  }
}

}  // namespace

Averaged::~Averaged() {
  for (const Saved& saved : saved_)  // it may lie elsewhere by now
    std::memcpy(saved.parameter->value_buffer().data, saved.bytes.data(), saved.bytes.size());
}

void Averaged::also(const Parameter& parameter) {
  const auto* bytes = static_cast<const std::byte*>(parameter.value_buffer().data);
  saved_.push_back({&parameter, {bytes, bytes + parameter.value_buffer().bytes()}});
}

bool Optimizer::averages() const {
  const auto averages = [](const Link& link) { return link.transform->averaged != nullptr; };
  return std::any_of(impl_->plan.links.begin(), impl_->plan.links.end(), averages);
}

Averaged Optimizer::averaged() {
  Averaged out;
  Step& step = impl_->step;
  const Memory& memory = step.state().memory();
  step.look_up();
  std::vector<char> lent(memory.parameters());
  for (const Group& group : impl_->plan.groups) {
    const std::optional<Averaging> averaging = averaging_of(group, impl_->plan);
    if (!averaging) continue;
    const Transform& transform = *impl_->plan.links[averaging->link].transform;
    for (const std::size_t p : group.parameters) {
      if (impl_->clocks[p] == 0 || memory.size(p) == 0) continue;  // it is where it began
      Moment now;
      now.o = step.values().options(averaging->link);
      now.t = impl_->clocks[p];
      const std::span<double> numbers = step.values().of_parameter(p);
      now.numbers = numbers.subspan(group.numbers_from[averaging->at], transform.kept.numbers.size());
      const Buffer value = step.state().of(p, memory.value_buffer(p));
      const Buffer state = step.state().of(p, memory.state_buffer(p, averaging->stream));
      out.also(impl_->params[p]);
      lent[p] = 1;
      const auto run = group.dtype == Dtype::f32 ? evaluate<float> : evaluate<double>;
      run(transform.averaged(now), value.data, state.data, value.size());
    }
  }
  if (Ranks* ranks = step.state().ranks(); ranks != nullptr && ranks->sharded())
    ranks->all_gather_values(lent);
  return out;
}

}  // namespace thalweg
