// concat and slice: parts of an axis. Each is a copy of rows, which are all that follows the axis and some of
// it.
#include <algorithm>
#include <string>
#include <vector>

#include "base/threads.h"
#include "nn/ops/shapes.h"
#include "nn/tape.h"
#include "thalweg/arithmetic.h"
#include "thalweg/error.h"
#include "thalweg/images.h"

namespace thalweg {
namespace {

constexpr std::size_t kGrain = 1 << 14;

// `rows` rows of `width` elements, which lie `step` apart in the whole, from element `first` of it on.
struct Part {
  std::size_t rows = 0, width = 0, step = 0, first = 0;
};

template <class F>
void for_each_row(Team& team, const Part& part, const F& f) {
  const std::size_t grain = std::max<std::size_t>(1, kGrain / std::max<std::size_t>(1, part.step));
  for_each_part(team, part.rows, grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) f(row * part.width, row * part.step + part.first);
  });
}

template <class T>
void take(Team& team, const Part& part, const T* whole, Sink<T> out) {
  for_each_row(team, part, [&](std::size_t to, std::size_t from) {
    write(Sink<T>{out.data + to, out.add}, 0, part.width, [=](std::size_t j) { return whole[from + j]; });
  });
}

template <class T>
void put(Team& team, const Part& part, const T* x, Sink<T> whole) {
  for_each_row(team, part, [&](std::size_t from, std::size_t to) {
    write(Sink<T>{whole.data + to, whole.add}, 0, part.width, [=](std::size_t j) { return x[from + j]; });
  });
}

struct PreparedConcat : Prepared {
  std::vector<Part> parts;
};

template <class T>
void concat_forward(Call& call) {
  const auto& parts = call.prepared<PreparedConcat>().parts;
  for (std::size_t i = 0; i < parts.size(); ++i)
    put(call.team(), parts[i], call.input<T>(i), Sink<T>{call.value<T>(), false});
}

template <class T>
void concat_backward(Call& call) {
  const auto& parts = call.prepared<PreparedConcat>().parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Sink<T> dx = call.sink<T>(i);
    if (dx.data != nullptr) take(call.team(), parts[i], static_cast<const T*>(call.grad<T>()), dx);
  }
}

constexpr Op kConcat{{concat_forward<float>, concat_forward<double>},
                     {concat_backward<float>, concat_backward<double>}};

struct PreparedSlice : Prepared {
  Part part;
};

template <class T>
void slice_forward(Call& call) {
  take(call.team(), call.prepared<PreparedSlice>().part, call.input<T>(0), Sink<T>{call.value<T>(), false});
}

template <class T>
void slice_backward(Call& call) {
  const Part& part = call.prepared<PreparedSlice>().part;
  const Sink<T> dx = call.sink<T>(0);
  if (dx.data == nullptr) return;
  if (!dx.add) {  // elsewhere nobody writes
    const std::size_t size = part.rows * part.step;
    for_each_part(call.team(), size, kGrain, [=](std::size_t begin, std::size_t end) {
      std::fill(dx.data + begin, dx.data + end, T{0});
    });
  }
  put(call.team(), part, static_cast<const T*>(call.grad<T>()), dx);
}

constexpr Op kSlice{{slice_forward<float>, slice_forward<double>},
                    {slice_backward<float>, slice_backward<double>}};

void check_alike(const Shape& first, Shape other, std::size_t axis) {
  const std::string got = print_shape(first) + " and " + print_shape(other);
  if (other.size() == first.size()) other[axis] = first[axis];
  if (other == first) return;
  throw Error(Code::usage,
              {"concat", "the shapes differ", got, "the same but for axis " + std::to_string(axis), ""});
}

}  // namespace

Tensor concat(Tape& tape, const std::vector<Tensor>& parts, int axis) {
  if (parts.empty())
    throw Error(Code::usage, {"concat", "there is nothing to put together", "", "a tensor or more", ""});
  const Shape first = tape.shape(parts[0]);
  const std::size_t at = checked_axis("concat", axis, first);
  Shape shape = first;
  shape[at] = 0;
  std::vector<Tensor> inputs;
  for (const Tensor part : parts) {
    check_alike(first, tape.shape(part), at);
    shape[at] += tape.shape(part)[at];
    inputs.push_back(row_major(tape, part));
  }
  const std::size_t rows = count_between(shape, 0, at), step = count_between(shape, at, shape.size());
  auto prepared = std::make_unique<PreparedConcat>();
  std::size_t next = 0;
  for (const Tensor part : inputs) {
    const std::size_t width = count_between(tape.shape(part), at, shape.size());
    prepared->parts.push_back({rows, width, step, next});
    next += width;
  }
  return tape.impl().add(kConcat, inputs, std::move(shape), std::move(prepared));
}

Tensor slice(Tape& tape, Tensor x, int axis, std::int64_t begin, std::int64_t end) {
  Shape shape = tape.shape(x);
  const std::size_t at = checked_axis("slice", axis, shape);
  const std::int64_t size = shape[at];
  const std::int64_t first = begin < 0 ? begin + size : begin;
  const std::int64_t last = end == kToTheEnd ? size : end < 0 ? end + size : end;
  if (first < 0 || first > last || last > size) {
    throw Error(Code::usage,
                {"slice", "the axis has no such part", std::to_string(begin) + " to " + std::to_string(end),
                 "0 <= begin <= end <= " + std::to_string(size) + ", or counted from the end", ""});
  }
  const std::size_t inner = count_between(shape, at + 1, shape.size());
  auto prepared = std::make_unique<PreparedSlice>();
  prepared->part = {count_between(shape, 0, at), static_cast<std::size_t>(last - first) * inner,
                    static_cast<std::size_t>(size) * inner, static_cast<std::size_t>(first) * inner};
  shape[at] = last - first;
  return tape.impl().add(kSlice, {{row_major(tape, x)}}, std::move(shape), std::move(prepared));
}

}  // namespace thalweg
