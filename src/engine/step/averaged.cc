// Optimizer: the parameters to evaluate, where they are not those that are trained.
#include <cstring>
#include <optional>

#include "step/optimizer_impl.h"

namespace thalweg {
namespace {

// The link whose state holds what is to be evaluated: the last one of the group that averages.
struct Averaging {
  std::size_t link;    // of the chain
  std::size_t at;      // in the group
  std::size_t stream;  // its first state stream
};

std::optional<Averaging> averaging_of(const Group& group, const std::vector<Link>& links) {
  std::optional<Averaging> found;
  std::size_t stream = 0;
  for (std::size_t i = 0; i < group.links.size(); ++i) {
    const Link& link = links[group.links[i]];
    if (link.transform->averaged != nullptr) found = {group.links[i], i, stream};
    stream += link.state().size();
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
  for (const Saved& saved : saved_) std::memcpy(saved.value, saved.bytes.data(), saved.bytes.size());
}

bool Optimizer::averages() const {
  for (const Link& link : links_of(chain())) {
    if (link.transform->averaged != nullptr) return true;
  }
  return false;
}

Averaged Optimizer::averaged() {
  Averaged out;
  Memory& memory = impl_->runner.memory();
  memory.look_up();
  for (const Group& group : impl_->plan.groups) {
    const std::optional<Averaging> averaging = averaging_of(group, links_of(chain()));
    if (!averaging) continue;
    const Transform& transform = *links_of(chain())[averaging->link].transform;
    for (const std::size_t p : group.parameters) {
      if (impl_->clocks[p] == 0 || memory.size(p) == 0) continue;  // it is where it began
      Moment now;
      now.o = impl_->runner.lowering().options_of(averaging->link);
      now.t = impl_->clocks[p];
      const auto numbers = impl_->runner.lowering().numbers(p);
      now.numbers = numbers.subspan(group.numbers_from[averaging->at], transform.numbers.size());
      const auto* bytes = static_cast<const std::byte*>(memory.value(p));
      out.saved_.push_back({memory.value(p), {bytes, bytes + memory.size(p) * size_of(group.dtype)}});
      const auto run = group.dtype == Dtype::f32 ? evaluate<float> : evaluate<double>;
      run(transform.averaged(now), memory.value(p), memory.state(p, averaging->stream), memory.size(p));
    }
  }
  return out;
}

}  // namespace thalweg
