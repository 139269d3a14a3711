#include "checkpoint/slots.h"

#include <iterator>
#include <map>
#include <utility>

#include "thalweg/error.h"

namespace thalweg {
namespace {

struct Prefix {
  Slot::Kind kind;
  std::string_view text;
};
constexpr Prefix kState{Slot::Kind::state, "optimizer/"};
constexpr Prefix kClock{Slot::Kind::clock, "clock/"};
constexpr Prefix kNumber{Slot::Kind::number, "number/"};

ElementType element_type(Dtype dtype) {
  switch (dtype) {
    case Dtype::f32:
      return ElementType::f32;
    case Dtype::f64:
      return ElementType::f64;
    case Dtype::u8:
      break;
  }
  return ElementType::u8;
}

// As the buffer says; its memory is the host's.
Slot slot_of(Slot::Kind kind, std::size_t parameter, std::string name, const Buffer& buffer) {
  return {kind,
          parameter,
          std::move(name),
          element_type(buffer.dtype),
          buffer.shape,
          {static_cast<std::byte*>(buffer.data), buffer.bytes()}};
}

template <class T>
Slot slot_of(const Prefix& prefix, std::size_t parameter, const std::string& name, ElementType type,
             T& number) {
  return {prefix.kind, parameter, std::string(prefix.text) + name,
          type,        {},        std::as_writable_bytes(std::span(&number, 1))};
}

[[noreturn]] void not_bound() {
  throw Error(Code::usage, {"checkpoint", "the optimizer is bound to other parameters", "",
                            "the Params that it was made with, unchanged since", ""});
}

}  // namespace

TensorName take_apart(std::string_view name) {
  for (const Prefix& prefix : {kState, kClock, kNumber}) {
    if (!name.starts_with(prefix.text)) continue;
    const std::string_view whole = name.substr(prefix.text.size());
    // What follows the name of a parameter, in which there may be slashes, has none.
    const std::size_t slash = prefix.kind == Slot::Kind::clock ? whole.size() : whole.rfind('/');
    if (slash == whole.npos) return {prefix.kind, prefix.text, {}, whole};
    return {prefix.kind, prefix.text, whole.substr(0, slash), whole.substr(slash)};
  }
  return {Slot::Kind::parameter, {}, name, {}};
}

std::vector<Slot> parameter_slots(Params& params) {
  std::vector<Slot> slots;
  for (std::size_t i = 0; i < params.size(); ++i) {
    const std::string& name = params[i].name();
    if (take_apart(name).kind != Slot::Kind::parameter) {
      throw Error(Code::usage, {"parameter `" + name + "`", "the name cannot be stored in a checkpoint", "",
                                "a name that does not begin with `optimizer/`, `clock/` or `number/`", ""});
    }
    slots.push_back(slot_of(Slot::Kind::parameter, i, name, params[i].value_buffer()));
  }
  return slots;
}

std::vector<Slot> training_slots(Params& params, Optimizer& optimizer) {
  std::vector<Slot> slots = parameter_slots(params);
  std::map<std::string_view, std::size_t> indices;
  for (std::size_t i = 0; i < params.size(); ++i) indices.emplace(params[i].name(), i);
  for (const StateTensor& state : optimizer.state()) {
    if (params.find(state.parameter->name()) != state.parameter) not_bound();
    slots.push_back(slot_of(Slot::Kind::state, indices.at(state.parameter->name()),
                            std::string(kState.text) + state.name, state.buffer));
  }
  const std::span<std::uint64_t> clocks = optimizer.clocks();
  if (clocks.size() != params.size()) not_bound();
  for (std::size_t i = 0; i < clocks.size(); ++i)
    slots.push_back(slot_of(kClock, i, params[i].name(), ElementType::u64, clocks[i]));
  for (const StateNumber& number : optimizer.numbers()) {
    const std::size_t slash = number.name.rfind('/');
    const std::size_t owner =
        slash == number.name.npos ? kOfChain : indices.at(std::string_view(number.name).substr(0, slash));
    slots.push_back(slot_of(kNumber, owner, number.name, ElementType::f64, *number.value));
  }
  return slots;
}

}  // namespace thalweg
