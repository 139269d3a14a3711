#include "nn/graph.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace thalweg {
namespace {

std::vector<float> floats_of(const Parameter& parameter) {
  if (parameter.dtype() == Dtype::f32)
    return {parameter.value<float>().begin(), parameter.value<float>().end()};
  std::vector<float> out;
  for (const double x : parameter.value<double>()) out.push_back(static_cast<float>(x));
  return out;
}

}  // namespace

TorchPlaces torch_places(const Parameter& parameter) {
  const Shape& shape = parameter.shape();
  TorchPlaces out{shape, std::vector<std::size_t>(parameter.size())};
  std::iota(out.places.begin(), out.places.end(), std::size_t{0});
  if (parameter.role() != Role::weight || shape.size() < 2) return out;
  const auto outputs = static_cast<std::size_t>(shape.back());
  const auto inputs = static_cast<std::size_t>(shape[shape.size() - 2]);
  out.shape = {shape.back(), shape[shape.size() - 2]};
  out.shape.insert(out.shape.end(), shape.begin(), shape.end() - 2);
  const std::size_t places = outputs * inputs > 0 ? out.places.size() / (outputs * inputs) : 0;
  for (std::size_t i = 0; i < out.places.size(); ++i) {
    const std::size_t output = i % outputs, input = i / outputs % inputs, place = i / outputs / inputs;
    out.places[i] = (output * inputs + input) * places + place;
  }
  return out;
}

OrderedWeight torch_order(const Parameter& parameter) {
  TorchPlaces at = torch_places(parameter);
  const std::vector<float> from = floats_of(parameter);
  OrderedWeight out{std::move(at.shape), std::vector<float>(from.size())};
  for (std::size_t i = 0; i < from.size(); ++i) out.values[at.places[i]] = from[i];
  return out;
}

std::string Graph::unused(std::string name) const {
  while (std::ranges::find(inputs, name, &GraphValue::name) != inputs.end()) name += "_";
  return name;
}

std::string Graph::add(const std::string& op, std::vector<std::string> from,
                       std::vector<GraphAttribute> attributes) {
  std::string name = unused(op + std::to_string(nodes.size()));
  nodes.push_back({op, std::move(from), name, std::move(attributes)});
  return name;
}

std::string Graph::parameter(const Parameter& parameter, const Shape& shape) {
  return constant(shape, floats_of(parameter), parameter.name());
}

std::string Graph::cast(const std::string& x, GraphType to) {
  return add("Cast", {x}, {{"to", static_cast<std::int64_t>(to)}});
}

std::string Graph::reshape(const std::string& x, Shape sample) {
  sample.insert(sample.begin(), 0);  // as many rows as there are
  const auto sizes = static_cast<std::int64_t>(sample.size());
  return add("Reshape", {x, constant(Shape{sizes}, std::vector<std::int64_t>(sample.begin(), sample.end()))});
}

std::string Graph::normalise(const std::string& x, const std::vector<std::int64_t>& axes, bool center,
                             double eps) {
  std::string rest = x;
  if (center) {
    const std::string mean = add("ReduceMean", {x}, {{"axes", axes}});
    rest = add("Sub", {x, mean});
  }
  const std::string square = add("Mul", {rest, rest});
  const std::string variance = add("ReduceMean", {square}, {{"axes", axes}});
  const std::string deviation = add("Sqrt", {add("Add", {variance, number(eps)})});
  return add("Div", {rest, deviation});
}

}  // namespace thalweg
