// The state of an optimizer on one rank, and from there on all.
#include <span>
#include <string_view>
#include <vector>

#include "comm/collectives.h"
#include "ranks/held_state.h"
#include "step/state_access.h"
#include "thalweg/optimizer.h"

namespace thalweg {
namespace {

constexpr std::string_view kWhat = "the training of the first rank";

template <class T>
void spread_numbers(Comm& comm, int root, std::span<T> numbers) {
  broadcast(comm, root, std::as_writable_bytes(numbers), kWhat);
}

}  // namespace

void gather_state(Optimizer& optimizer, int root) { StateAccess::held(optimizer).gather(root); }

void spread_state(Optimizer& optimizer, Params& params, int root) {
  HeldState& held = StateAccess::held(optimizer);
  if (held.ranks() == nullptr) return;
  Comm& comm = held.ranks()->comm();
  for (Parameter& parameter : params) {
    const Buffer& value = parameter.value_buffer();
    broadcast(comm, root, {static_cast<std::byte*>(value.data), value.bytes()}, kWhat);
  }
  held.scatter(root);
  std::vector<double> numbers;
  for (const StateNumber& number : optimizer.numbers()) numbers.push_back(*number.value);
  spread_numbers(comm, root, std::span(numbers));
  auto next = numbers.begin();
  for (const StateNumber& number : optimizer.numbers()) *number.value = *next++;
  spread_numbers(comm, root, optimizer.clocks());
  std::vector<std::uint64_t> counts = {optimizer.updates(), optimizer.gradients(), optimizer.skips()};
  spread_numbers(comm, root, std::span(counts));
  optimizer.set_updates(counts[0]);
  optimizer.set_gradients(counts[1]);
  optimizer.set_skips(counts[2]);
}

}  // namespace thalweg
