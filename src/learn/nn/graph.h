// A model as a graph of operators in the words of ONNX, opset 17 (https://onnx.ai/onnx/operators): what
// layers add themselves to, for other programs to run. Images are {rows, channels, height, width}, row-major.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "thalweg/params.h"

namespace thalweg {

// The types of elements, as ONNX numbers them.
enum class GraphType : std::int64_t { f32 = 1, i64 = 7, text = 8, f64 = 11 };

struct GraphAttribute {
  std::string name;
  std::variant<std::int64_t, double, std::vector<std::int64_t>, std::vector<std::string>> value;
};

struct GraphNode {
  std::string op;
  std::vector<std::string> inputs;  // names of values
  std::string output;
  std::vector<GraphAttribute> attributes;
  std::string domain = {};  // of the operator; empty: ONNX's own
};

struct GraphConstant {
  std::string name;
  GraphType type = GraphType::f32;
  Shape shape;
  std::string bytes;  // little-endian elements, row-major
};

// What goes in or comes out. Rows, the first dimension, are as many as there are.
struct GraphValue {
  std::string name;
  GraphType type = GraphType::f32;
  Shape sample;
};

// A weight as torch and ONNX order it: {outputs, inputs, kernel...} of {kernel..., inputs, outputs}; what is
// no weight of two dimensions or more, as it is. In float.
struct OrderedWeight {
  Shape shape;
  std::vector<float> values;
};
OrderedWeight torch_order(const Parameter& parameter);
// That shape, and the place of each element of the parameter among the ordered ones.
struct TorchPlaces {
  Shape shape;
  std::vector<std::size_t> places;
};
TorchPlaces torch_places(const Parameter& parameter);

struct Graph {
  std::vector<GraphNode> nodes = {};  // each after those that it takes values of
  std::vector<GraphConstant> constants = {};
  std::vector<GraphValue> inputs = {}, outputs = {};

  // `name`, made another one where an input, which its user has named, is called so.
  std::string unused(std::string name) const;

  // Adds an operator; the name of its output.
  std::string add(const std::string& op, std::vector<std::string> from,
                  std::vector<GraphAttribute> attributes = {});

  // Adds a constant of float, double or int64; its name, which is made up where none is given.
  template <class T>
  std::string constant(Shape shape, const std::vector<T>& values, std::string name = {}) {
    if (name.empty()) name = unused("constant" + std::to_string(constants.size()));
    std::string bytes(values.size() * sizeof(T), '\0');
    if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
    constexpr GraphType kType = std::is_integral_v<T> ? GraphType::i64
                                : sizeof(T) == 4      ? GraphType::f32
                                                      : GraphType::f64;
    constants.push_back({name, kType, std::move(shape), std::move(bytes)});
    return name;
  }
  // A number of x's type, which meets every element.
  std::string number(double value) { return constant(Shape{}, std::vector{static_cast<float>(value)}); }
  // A parameter in its own order, as a tensor of `shape`.
  std::string parameter(const Parameter& parameter, const Shape& shape);

  // x of any type as one of another.
  std::string cast(const std::string& x, GraphType to);
  // x {rows, ...} as {rows, sample...}.
  std::string reshape(const std::string& x, Shape sample);
  // x, less its mean where `center`, over its deviation from what is left of it; over `axes`.
  std::string normalise(const std::string& x, const std::vector<std::int64_t>& axes, bool center, double eps);
};

}  // namespace thalweg
