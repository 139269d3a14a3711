// The state of an optimizer on one rank, and from there on all.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "comm/collectives.h"
#include "ranks/held_state.h"
#include "step/state_access.h"
#include "thalweg/error.h"
#include "thalweg/optimizer.h"

namespace thalweg {
namespace {

constexpr std::string_view kWhat = "the training of the first rank";

template <class T>
void spread_numbers(Comm& comm, int root, std::span<T> numbers) {
  broadcast(comm, root, std::as_writable_bytes(numbers), kWhat);
}

void check_root(const Comm& comm, int root) {
  if (root >= 0 && root < comm.size()) return;
  throw Error(Code::usage, {"root", "it is none of the ranks", std::to_string(root),
                            "0 to " + std::to_string(comm.size() - 1), ""});
}

}  // namespace

void gather_state(Optimizer& optimizer, int root) {
  HeldState& held = StateAccess::held(optimizer);
  if (held.ranks() == nullptr) return;
  check_root(held.ranks()->comm(), root);
  held.gather(root);
}

void spread_state(Optimizer& optimizer, Params& params, int root) {
  HeldState& held = StateAccess::held(optimizer);
  if (held.ranks() == nullptr) return;
  Comm& comm = held.ranks()->comm();
  check_root(comm, root);
  std::vector<char> whole = {static_cast<char>(held.is_whole())};
  spread_numbers(comm, root, std::span(whole));
  if (whole.front() == 0) {
    throw Error(Code::usage, {"rank " + std::to_string(root), "it has a part of the state alone", "",
                              "all of it, from a checkpoint that it has just loaded", ""});
  }
  if (comm.rank() != root) held.drop_gathered();
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
