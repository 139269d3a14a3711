#include "ranks/held_state.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/arena.h"

namespace thalweg {

HeldState::HeldState(Params& params, const Plan& plan, const OptimizerOptions& options)
    : params_(params),
      plan_(plan),
      ranks_(options.comm == nullptr ? nullptr : std::make_unique<Ranks>(params, plan, options)),
      portion_(ranks_ == nullptr ? Portion(params) : ranks_->portion()),
      memory_(params, plan) {}

Buffer HeldState::of(std::size_t p, const Buffer& stream) const {
  if (portion_.whole()) return stream;
  const bool alike = stream.size() == memory_.size(p);
  const bool holds = portion_.holds(portion_.blocks.first[p]);
  return part(stream, alike ? portion_.of(p, stream.size()) : Slice{0, holds ? stream.size() : 0});
}

std::uint64_t HeldState::bytes() const {
  if (portion_.whole()) return plan_.state_bytes(params_);
  std::uint64_t bytes = 0;
  for (const Group& group : plan_.groups) {
    for (const std::size_t p : group.parameters) {
      for (std::size_t i = 0; i < group.states.size(); ++i)
        bytes += of(p, memory_.state_buffer(p, i)).bytes();
      for (const Buffer& stream : {memory_.kept_buffer(p), memory_.window_buffer(p)})
        bytes += stream.data == nullptr ? 0 : of(p, stream).bytes();
    }
  }
  return bytes;
}

void HeldState::move(int root, Way way, const std::function<Stream(std::size_t)>& stream) {
  std::vector<std::byte*> alike(memory_.parameters());
  std::vector<char> which(memory_.parameters());
  for (std::size_t p = 0; p < memory_.parameters(); ++p) {
    const Stream of = stream(p);
    if (of.data == nullptr) continue;
    if (of.size == memory_.size(p) && of.dtype == memory_.dtype(p)) {
      alike[p] = static_cast<std::byte*>(of.data);
      which[p] = 1;
      continue;
    }
    const Buffer whole{of.data, of.dtype, {static_cast<std::int64_t>(of.size)}};
    way == Way::gather ? ranks_->gather_whole(root, p, whole) : ranks_->scatter_whole(root, p, whole);
  }
  way == Way::gather ? ranks_->gather(root, alike, which) : ranks_->scatter(root, alike, which);
}

void HeldState::move(int root, Way way) {
  std::size_t most = 0;
  for (const Group& group : plan_.groups) most = std::max(most, group.states.size());
  for (std::size_t i = 0; i < most; ++i) {
    move(root, way,
         [&](std::size_t p) { return i < memory_.states(p).size() ? memory_.states(p)[i] : Stream{}; });
  }
  move(root, way, [&](std::size_t p) {
    return Stream{memory_.window(p), memory_.size(p), memory_.dtype(p)};
  });
}

void HeldState::gather(int root) {
  if (ranks_ == nullptr || !ranks_->sharded()) return;
  move(root, Way::gather);
  gathered_ = gathered_ || ranks_->comm().rank() == root;
}

void HeldState::scatter(int root) {
  if (ranks_ != nullptr) move(root, Way::scatter);
}

// Of each stream what is before and after what this rank holds.
void HeldState::drop_gathered() {
  if (!std::exchange(gathered_, false) || portion_.whole()) return;
  const auto give_back = [&](std::size_t p, const Stream& stream) {
    if (stream.data == nullptr) return;
    const auto begin = static_cast<std::byte*>(stream.data);
    const std::size_t bytes = stream.size * size_of(stream.dtype);
    const Buffer own = of(p, {stream.data, stream.dtype, {static_cast<std::int64_t>(stream.size)}});
    const auto before = static_cast<std::size_t>(static_cast<std::byte*>(own.data) - begin);
    Arena::give_back(begin, before);
    Arena::give_back(begin + before + own.bytes(), bytes - before - own.bytes());
  };
  for (std::size_t p = 0; p < memory_.parameters(); ++p) {
    for (const Stream& state : memory_.states(p)) give_back(p, state);
    give_back(p, {memory_.window(p), memory_.size(p), memory_.dtype(p)});
  }
}

}  // namespace thalweg
