// Operations on the lines of a tensor along one axis, each line alone. A Rule is a struct with, for a line of
// n elements that are `step` apart,
//   template <class T, class Step> static void value(const T* x, T* y, std::size_t n, Step step);
//   template <class T, class Step> static void gradient(const T* y, const T* dy, std::size_t n, Step step,
//   Sink<T> dx);
// Step is a number, or 1 as a type: lines of the last axis become vector code.
#pragma once

#include <algorithm>
#include <string>
#include <type_traits>

#include "base/options.h"
#include "base/threads.h"
#include "nn/module.h"
#include "nn/tape.h"
#include "thalweg/error.h"
#include "thalweg/images.h"

namespace thalweg {

struct PreparedAxis : Prepared {
  std::size_t n = 0;     // elements of a line
  std::size_t step = 1;  // from one of them to the next
};

template <class T, class Step>
T largest(const T* x, std::size_t n, Step step) {
  T max = x[0];
  for (std::size_t j = 1; j < n; ++j) max = max < x[j * step] ? x[j * step] : max;
  return max;
}

// write() of a line: f is given where the element stands.
template <class T, class Step, class F>
void write_line(Sink<T> to, std::size_t n, Step step, F f) {
  if (to.add) {
    for (std::size_t j = 0; j < n; ++j) to.data[j * step] += f(j * step);
  } else {
    for (std::size_t j = 0; j < n; ++j) to.data[j * step] = f(j * step);
  }
}

// Calls f(first element, step) for every line.
template <class F>
void for_each_line(Call& call, F&& f) {
  constexpr std::size_t kGrain = 1 << 13;  // elements that are worth a thread's while
  const auto& axis = call.prepared<PreparedAxis>();
  const std::size_t lines = axis.n == 0 ? 0 : call.size() / axis.n;
  const std::size_t grain = std::max<std::size_t>(1, kGrain / std::max<std::size_t>(1, axis.n));
  for_each_part(call.team(), lines, grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t line = begin; line < end; ++line) {
      if (axis.step == 1) {
        f(line * axis.n, std::integral_constant<std::size_t, 1>());
      } else {
        f(line / axis.step * axis.step * axis.n + line % axis.step, axis.step);
      }
    }
  });
}

template <class Rule, class T>
void axis_forward(Call& call) {
  const T* x = call.input<T>(0);
  T* y = call.value<T>();
  const std::size_t n = call.prepared<PreparedAxis>().n;
  for_each_line(call, [=](std::size_t at, auto step) { Rule::value(x + at, y + at, n, step); });
}

template <class Rule, class T>
void axis_backward(Call& call) {
  const T* y = call.value<T>();
  const T* dy = call.grad<T>();
  const Sink<T> dx = call.sink<T>(0);
  if (dx.data == nullptr) return;
  const std::size_t n = call.prepared<PreparedAxis>().n;
  for_each_line(call, [=](std::size_t at, auto step) {
    Rule::gradient(y + at, dy + at, n, step, Sink<T>{dx.data + at, dx.add});
  });
}

// `axis` counts the dimensions from 0, or from the last one, which is -1.
inline void check_axis(const char* name, int axis, const Shape& shape) {
  const int rank = static_cast<int>(shape.size());
  if (axis >= -rank && axis < rank) return;
  throw Error(Code::usage, {name, "there is no such axis", std::to_string(axis) + " of " + print_shape(shape),
                            rank == 0 ? "x of one dimension or more"
                                      : std::to_string(-rank) + " to " + std::to_string(rank - 1),
                            ""});
}

template <class Rule>
Tensor record_axis(Tape& tape, Tensor x, int axis, const char* name) {
  static constexpr Op kOp{{axis_forward<Rule, float>, axis_forward<Rule, double>},
                          {axis_backward<Rule, float>, axis_backward<Rule, double>}};
  Tape::Impl& impl = tape.impl();
  const Shape shape = impl.node(x).shape;
  check_axis(name, axis, shape);
  auto prepared = std::make_unique<PreparedAxis>();
  const auto at = shape.begin() + (axis < 0 ? axis + static_cast<int>(shape.size()) : axis);
  prepared->n = static_cast<std::size_t>(*at);
  prepared->step = count(Shape(at + 1, shape.end()));
  return impl.add(kOp, {{row_major(tape, x)}}, shape, std::move(prepared));
}

// The layers: the batch is not among the dimensions that are counted.

inline constexpr Option kAxisOptions[] = {
    count_option("axis", "-1", {-64, 63}, "dimension of a sample, counted from 0 or, below 0, from the end")};

inline int axis_of(const Settings& settings) {
  return static_cast<int>(std::get<double>(option<kAxisOptions, "axis">(settings)));
}

inline Shape plan_along(const Settings& settings, const Shape& input, std::vector<Weight>&) {
  check_axis("model", axis_of(settings), input);
  return input;
}
template <Tensor (*operation)(Tape& tape, Tensor x, int axis)>
Tensor record_along(Tape& tape, Tensor x, const Settings& settings, std::span<const Tensor>) {
  const int axis = axis_of(settings);
  return operation(tape, x, axis < 0 ? axis : axis + 1);
}
template <Literal op>
std::string describe_along(Graph& graph, const GraphPlace& at) {
  const std::int64_t axis = axis_of(at.settings);
  return graph.add(std::string(op.view()), {at.x}, {{"axis", axis < 0 ? axis : axis + 1}});
}

}  // namespace thalweg
