#include "export/door.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "data/encoding.h"

namespace thalweg {
namespace {

using Doubles = std::vector<double>;

// Names of what the graph has anyway, which a column may have, too.
constexpr const char* kOwnNames[] = {"x", "values", "scores", "probabilities", "class"};

std::string add_input(Graph& graph, std::string name, GraphType type, Shape sample) {
  const bool own = type == GraphType::text && std::ranges::find(kOwnNames, name) != std::end(kOwnNames);
  name = graph.unused(own || name.empty() ? name + "_" : name);
  graph.inputs.push_back({name, type, std::move(sample)});
  return name;
}

std::string as_double(Graph& graph, const std::string& x, GraphType type) {
  return type == GraphType::f64 ? x : graph.cast(x, GraphType::f64);
}

// Bytes, all by one scaling.
std::string add_bytes(Graph& graph, const Scaling& scaling, const Shape& sample, GraphType type) {
  const std::string x = as_double(graph, add_input(graph, "x", type, sample), type);
  const std::string off = graph.add("Sub", {x, graph.constant(Shape{}, Doubles{scaling.offset})});
  const std::string y = graph.add("Mul", {off, graph.constant(Shape{}, Doubles{scaling.factor})});
  return graph.cast(y, GraphType::f32);
}

// The columns of numbers, in their order.
std::string add_numbers(Graph& graph, const TableEncoding& encoding, const Shape& image, GraphType type) {
  Doubles fill, mean, scale;
  for (const ColumnEncoding& column : encoding.columns) {
    if (column.categorical) continue;
    fill.push_back(column.fill);
    mean.push_back(column.mean);
    scale.push_back(column.scale);
  }
  const Shape sample = image.empty() ? Shape{static_cast<std::int64_t>(fill.size())} : image;
  const std::string x = add_input(graph, "x", type, sample);
  const std::string missing = graph.add("IsNaN", {x});
  const std::string filled =
      graph.add("Where", {missing, graph.constant(sample, fill), as_double(graph, x, type)});
  const std::string off = graph.add("Sub", {filled, graph.constant(sample, mean)});
  return graph.cast(graph.add("Div", {off, graph.constant(sample, scale)}), GraphType::f32);
}

// A column of words: a number for each level, and for `other` what is neither a level nor missing.
std::string add_words(Graph& graph, const ColumnEncoding& column) {
  const std::string words = add_input(graph, column.name, GraphType::text, {});
  std::vector<std::string> levels = column.levels;
  if (column.other) levels.push_back("");
  const auto width = static_cast<std::int64_t>(levels.size());
  const std::string hot =
      graph.add("OneHotEncoder", {words}, {{"cats_strings", levels}, {"zeros", std::int64_t{1}}});
  graph.nodes.back().domain = "ai.onnx.ml";
  if (!column.other) return hot;
  // 1 less their sum stands in the place of "".
  const auto numbers = [&](std::int64_t number) { return graph.constant(Shape{1}, std::vector{number}); };
  const std::string sum = graph.add("ReduceSum", {hot, numbers(1)}, {{"keepdims", std::int64_t{1}}});
  const std::string rest = graph.add("Sub", {graph.number(1), sum});
  if (width == 1) return rest;
  const std::string known = graph.add("Slice", {hot, numbers(0), numbers(width - 1), numbers(1)});
  return graph.add("Concat", {known, rest}, {{"axis", std::int64_t{1}}});
}

// Numbers come first in the graph, then the words of each column; `Gather` gives the features their places.
std::string add_table(Graph& graph, const TableEncoding& encoding, const Shape& image, GraphType type) {
  std::int64_t numbers = 0;
  for (const ColumnEncoding& column : encoding.columns) numbers += column.categorical ? 0 : 1;
  std::vector<std::string> parts;
  if (numbers > 0) parts.push_back(add_numbers(graph, encoding, image, type));
  std::int64_t number = 0, word = numbers;
  std::vector<std::int64_t> places;
  for (const ColumnEncoding& column : encoding.columns) {
    if (!column.categorical) {
      places.push_back(number++);
    } else if (column.width() > 0) {
      parts.push_back(add_words(graph, column));
      for (std::size_t i = 0; i < column.width(); ++i) places.push_back(word++);
    }
  }
  if (parts.size() == 1) return parts.front();
  const std::string all = graph.add("Concat", parts, {{"axis", std::int64_t{1}}});
  if (std::ranges::is_sorted(places)) return all;
  const Shape shape{static_cast<std::int64_t>(places.size())};
  return graph.add("Gather", {all, graph.constant(shape, places)}, {{"axis", std::int64_t{1}}});
}

void add_output(Graph& graph, const std::string& x, const std::string& name, GraphType type, Shape sample) {
  graph.cast(x, type);
  graph.nodes.back().output = name;
  graph.outputs.push_back({name, type, std::move(sample)});
}

// Scores of both classes that one output tells apart, or y: see both_scores() of metrics/score.h.
std::string add_scores(Graph& graph, const std::string& y, const Outputs& outputs) {
  if (!outputs.one) return y;
  const std::string other = outputs.is_probability
                                ? graph.add("Sub", {graph.constant(Shape{}, Doubles{1}), y})
                                : graph.add("Sub", {y, y});
  return graph.add("Concat", {other, y}, {{"axis", std::int64_t{1}}});
}

}  // namespace

std::string add_inputs(Graph& graph, const Dataset& data, GraphType type) {
  const std::string kind = encoding_kind(data.encoding);
  const Shape& sample = data.image.empty() ? data.sample : data.image;
  if (kind == "table") return add_table(graph, read_table_encoding(data.encoding), data.image, type);
  return add_bytes(
      graph, kind == "images" ? read_image_encoding(data.encoding).scaling : read_scaling(data.encoding),
      sample, type);
}

void add_outputs(Graph& graph, const std::string& y, const Dataset& data, const Outputs& outputs,
                 GraphType type) {
  const Shape sample{static_cast<std::int64_t>(outputs.names.size())};
  std::string numbers = graph.cast(y, GraphType::f64);
  if (outputs.classes) {
    const std::string scores = add_scores(graph, numbers, outputs);
    const std::string best =
        graph.add("ArgMax", {scores}, {{"axis", std::int64_t{1}}, {"keepdims", std::int64_t{0}}});
    const bool softmax = outputs.probabilities && !outputs.is_probability;
    numbers = softmax ? graph.add("Softmax", {scores}, {{"axis", std::int64_t{1}}}) : scores;
    add_output(graph, numbers, outputs.probabilities ? "probabilities" : "scores", type, sample);
    return add_output(graph, best, "class", GraphType::i64, {});
  }
  if (!data.target_range.empty()) {  // as predicted() of train/outputs.h
    Doubles least(outputs.names.size(), -INFINITY), most(outputs.names.size(), INFINITY);
    for (std::size_t i = 0; i < data.target_range.size(); ++i)
      least[i] = data.target_range[i].least, most[i] = data.target_range[i].most;
    numbers = graph.add("Max", {numbers, graph.constant(sample, least)});
    numbers = graph.add("Min", {numbers, graph.constant(sample, most)});
  }
  Doubles offset(outputs.names.size()), factor(outputs.names.size(), 1.0);
  const std::vector<Scaling> scaling = scaling_of_outputs(data, outputs.names.size());
  for (std::size_t i = 0; i < scaling.size(); ++i)
    offset[i] = scaling[i].offset, factor[i] = scaling[i].factor;
  numbers = graph.add("Div", {numbers, graph.constant(sample, factor)});
  add_output(graph, graph.add("Add", {numbers, graph.constant(sample, offset)}), "values", type, sample);
}

}  // namespace thalweg
