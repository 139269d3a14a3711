#include "thalweg/trace.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/text.h"
#include "params/selector.h"
#include "step/state_access.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

// NaN where there is no memory.
double number_at(const Buffer& buffer, std::size_t index) {
  if (buffer.data == nullptr) return NAN;
  if (buffer.dtype == Dtype::f32) return static_cast<double>(static_cast<const float*>(buffer.data)[index]);
  return static_cast<const double*>(buffer.data)[index];
}

// "adam.m" of "w/adam.m", for the parameter w; empty for what is of another.
std::string_view own_name(std::string_view name, const std::string& parameter) {
  if (!name.starts_with(parameter) || name.substr(parameter.size(), 1) != "/") return {};
  return name.substr(parameter.size() + 1);
}

std::string_view slot_of(std::string_view name) { return name.substr(name.find('.') + 1); }

// One number of state of an element under its full name.
struct Kept {
  std::string_view name;  // "adam.m"
  double value;
  std::optional<double> correction = {};
};

void add(TracedElement& element, const std::vector<Kept>& all) {
  for (const Kept& one : all) {
    const auto same = [&](const Kept& other) { return slot_of(other.name) == slot_of(one.name); };
    const std::string name(std::ranges::count_if(all, same) > 1 ? one.name : slot_of(one.name));
    element.state.push_back({name, one.value});
    if (one.correction) element.corrected.push_back({name + "_hat", one.value / *one.correction});
  }
}

// "[1,2]", row and column; nothing for the only element.
std::string place_text(const Shape& shape, std::size_t index) {
  std::string out;
  std::size_t rest = index;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    const auto size = static_cast<std::size_t>(shape[axis]);
    out = std::to_string(rest % size) + (out.empty() ? "" : ",") + out;
    rest /= size;
  }
  return count(shape) == 1 ? "" : "[" + out + "]";
}

// A list of the grammar, with or without its brackets.
Value read_selection(std::string_view of) {
  const Text text = parse({"parameters", "of(" + std::string(of) + ")"});
  Value all{.kind = Value::Kind::list, .word = {}, .text = {}, .list = {}};
  for (const Arg& arg : text.front().args) all.list.push_back(arg.value);
  if (all.list.size() == 1 && all.list[0].kind == Value::Kind::list) return all.list[0];
  const auto good = [](const Arg& arg) {
    return arg.name.empty() && (arg.value.kind == Value::Kind::word || arg.value.kind == Value::Kind::string);
  };
  if (text.size() == 1 && !all.list.empty() && std::ranges::all_of(text.front().args, good)) return all;
  throw Error(Code::usage, {"parameters", "not a selection", "`" + std::string(of) + "`",
                            "all, a role such as weight, a name or a pattern such as dense1.*", ""});
}

}  // namespace

std::vector<ElementPlace> elements_of(const Params& params, std::string_view of, std::size_t most) {
  const Selector selector(read_selection(of));
  selector.check(params, "parameters", of);
  std::vector<ElementPlace> out;
  for (const Parameter& parameter : params) {
    if (parameter.frozen() || !selector.matches(parameter)) continue;
    for (std::size_t i = 0; i < std::min(most, parameter.size()); ++i)
      out.push_back({&parameter, i, parameter.name() + place_text(parameter.shape(), i)});
  }
  return out;
}

Tracer::Tracer(Optimizer& optimizer, std::vector<ElementPlace> elements)
    : optimizer_(optimizer), places_(std::move(elements)) {
  if (StateAccess::has_other_holders(optimizer)) {
    throw Error(Code::usage, {"tracer", "other ranks hold a part of the state", "", "all of it on this rank",
                              "whole_state, or one process"});
  }
  for (const ElementPlace& place : places_)
    values_.push_back(number_at(place.parameter->value_buffer(), place.index));
}

TracedUpdate Tracer::after(const Report& report) {
  TracedUpdate out{.update = report.update, .lr = report.lr};
  const std::vector<StateTensor> tensors = optimizer_.state();
  const std::vector<StateNumber> numbers = optimizer_.numbers();
  for (const StateNumber& number : numbers) {
    if (number.name.find('/') == std::string::npos) out.numbers.push_back({number.name, *number.value});
  }
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const auto& [parameter, index, name] = places_[i];
    std::vector<Kept> kept;
    for (const StateTensor& tensor : tensors) {
      const Buffer& buffer = tensor.buffer;
      if (tensor.parameter != parameter || buffer.dtype != parameter->dtype()) continue;
      if (buffer.shape != parameter->shape()) continue;
      kept.push_back({own_name(tensor.name, parameter->name()), number_at(buffer, index), tensor.correction});
    }
    for (const StateNumber& number : numbers) {
      const std::string_view own = own_name(number.name, parameter->name());
      if (!own.empty()) kept.push_back({own, *number.value});
    }
    TracedElement element{.name = name,
                          .gradient = number_at(parameter->grad_buffer(), index),
                          .step = values_[i],
                          .value = number_at(parameter->value_buffer(), index)};
    element.step -= element.value;
    values_[i] = element.value;
    add(element, kept);
    out.elements.push_back(std::move(element));
  }
  return out;
}

}  // namespace thalweg
