// What moves elements and computes nothing: row_major, channels_last, reshape, flatten.
#include <algorithm>
#include <string>

#include "base/threads.h"
#include "kernels/taps.h"
#include "nn/module.h"
#include "nn/tape.h"
#include "thalweg/error.h"
#include "thalweg/images.h"

namespace thalweg {
namespace {

// An image as a matrix {channels, places}.
struct Turn : Prepared {
  std::size_t images = 0, channels = 0, places = 0;
  bool to_channels_last = false;
};

constexpr std::size_t kSide = 16;  // of the square that is turned at a time
constexpr std::size_t kGrain = 1 << 14;

// Writes from {rows, columns} as {columns, rows}.
template <class T>
void turn(const T* from, std::size_t rows, std::size_t columns, Sink<T> to) {
  if (!to.add) return tap_kernels<T>().turn(from, rows, columns, columns, to.data, rows);
  for (std::size_t i = 0; i < rows; i += kSide) {
    for (std::size_t j = 0; j < columns; j += kSide) {
      for (std::size_t k = j; k < std::min(columns, j + kSide); ++k) {
        const Sink<T> line{to.data + k * rows, to.add};
        write(line, i, std::min(rows, i + kSide), [&](std::size_t r) { return from[r * columns + k]; });
      }
    }
  }
}

template <class T>
void turn_all(Team& team, const Turn& turned, const T* from, Sink<T> to, bool to_channels_last) {
  const std::size_t size = turned.channels * turned.places;
  const std::size_t rows = to_channels_last ? turned.channels : turned.places;
  const std::size_t columns = to_channels_last ? turned.places : turned.channels;
  const std::size_t grain = std::max<std::size_t>(1, kGrain / std::max<std::size_t>(1, size));
  for_each_part(team, turned.images, grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      turn(from + i * size, rows, columns, Sink<T>{to.data + i * size, to.add});
  });
}

template <class T>
void turn_forward(Call& call) {
  const auto& turned = call.prepared<Turn>();
  turn_all(call.team(), turned, call.input<T>(0), Sink<T>{call.value<T>(), false}, turned.to_channels_last);
}

template <class T>
void turn_backward(Call& call) {
  const auto& turned = call.prepared<Turn>();
  const Sink<T> dx = call.sink<T>(0);
  if (dx.data != nullptr) turn_all(call.team(), turned, call.grad<T>(), dx, !turned.to_channels_last);
}

constexpr Op kTurn{{turn_forward<float>, turn_forward<double>},
                   {turn_backward<float>, turn_backward<double>}};

template <class T>
void copy_forward(Call& call) {
  const T* x = call.input<T>(0);
  T* y = call.value<T>();
  for_each_part(call.team(), call.size(), kGrain,
                [=](std::size_t begin, std::size_t end) { std::copy(x + begin, x + end, y + begin); });
}

template <class T>
void copy_backward(Call& call) {
  const T* dy = call.grad<T>();
  const Sink<T> dx = call.sink<T>(0);
  if (dx.data == nullptr) return;
  for_each_part(call.team(), call.size(), kGrain, [=](std::size_t begin, std::size_t end) {
    write(dx, begin, end, [=](std::size_t i) { return dy[i]; });
  });
}

constexpr Op kCopy{{copy_forward<float>, copy_forward<double>},
                   {copy_backward<float>, copy_backward<double>}};

// The elements of x in that order, as a tensor of `shape`.
Tensor in_order(Tape& tape, Tensor x, MemoryOrder order, Shape shape) {
  Tape::Impl& impl = tape.impl();
  const Node& node = impl.node(x);
  if (node.order == order) return node.shape == shape ? x : impl.add(kCopy, {{x}}, std::move(shape));
  auto turned = std::make_unique<Turn>();
  turned->images = static_cast<std::size_t>(node.shape[0]);
  turned->channels = static_cast<std::size_t>(node.shape[1]);
  const std::size_t images = turned->images * turned->channels;
  turned->places = images > 0 ? node.size / images : 0;
  turned->to_channels_last = order == MemoryOrder::channels_last;
  const bool same = turned->channels <= 1 || turned->places <= 1;  // either order is the other
  if (same && order == MemoryOrder::channels_last) return x;
  return impl.add(same ? kCopy : kTurn, {{x}}, std::move(shape), std::move(turned), order);
}

[[noreturn]] void fail(std::string layer, std::string what, std::string got, std::string want) {
  throw Error(Code::usage, {std::move(layer), std::move(what), std::move(got), std::move(want), ""});
}

constexpr Option kShapeOption[] = {required(sizes_option(
    "shape", "", {1, 1048576}, "sizes of the output for one sample: [channels, height, width]"))};

Shape shape_of(const Settings& settings) {
  const Value& value = std::get<Value>(option<kShapeOption, "shape">(settings));
  const auto size = [](const Value& one) { return static_cast<std::int64_t>(*read_number(one.word)); };
  if (value.kind != Value::Kind::list) return {size(value)};
  Shape shape;
  for (const Value& one : value.list) shape.push_back(size(one));
  return shape;
}

Shape plan_reshape(const Settings& settings, const Shape& sample, std::vector<Weight>&) {
  Shape shape = shape_of(settings);
  if (count(shape) != count(sample)) {
    fail("reshape", "the shape has another number of elements",
         print_shape(shape) + " for " + print_shape(sample), std::to_string(count(sample)) + " elements");
  }
  return shape;
}

Tensor with_rows(Tape& tape, Tensor x, Shape sample) {
  sample.insert(sample.begin(), tape.shape(x).front());
  return reshape(tape, x, std::move(sample));
}

Tensor record_reshape(Tape& tape, Tensor x, const Settings& settings, std::span<const Tensor>) {
  return with_rows(tape, x, shape_of(settings));
}

Shape plan_flatten(const Settings&, const Shape& sample, std::vector<Weight>&) {
  return {static_cast<std::int64_t>(count(sample))};
}

Tensor record_flatten(Tape& tape, Tensor x, const Settings& settings, std::span<const Tensor>) {
  const Shape& shape = tape.shape(x);
  std::vector<Weight> none;
  return with_rows(tape, x, plan_flatten(settings, {shape.begin() + 1, shape.end()}, none));
}

}  // namespace

Tensor row_major(Tape& tape, Tensor x) { return in_order(tape, x, MemoryOrder::row_major, tape.shape(x)); }

Tensor channels_last(Tape& tape, Tensor x) {
  if (tape.shape(x).size() < 3)
    fail("channels_last", "x has no channels", "x " + print_shape(tape.shape(x)), "rows x channels x places");
  return in_order(tape, x, MemoryOrder::channels_last, tape.shape(x));
}

Tensor reshape(Tape& tape, Tensor x, Shape shape) {
  if (std::ranges::count(shape, -1) > 1)
    fail("reshape", "more than one size is left open", print_shape(shape), "one -1, or none");
  if (const auto open = std::ranges::find(shape, -1); open != shape.end()) {
    *open = 1;
    const auto rest = static_cast<std::int64_t>(count(shape));
    *open = rest == 0 ? 0 : static_cast<std::int64_t>(count(tape.shape(x))) / rest;
  }
  if (count(shape) != count(tape.shape(x))) {
    fail("reshape", "the shape has another number of elements",
         print_shape(shape) + " for " + print_shape(tape.shape(x)), "as many");
  }
  return in_order(tape, x, MemoryOrder::row_major, std::move(shape));
}

extern constinit const Layer reshape_layer{
    .spec = {.name = "reshape",
             .doc = "the same elements in another shape, the last dimension running fastest",
             .source = "as numpy.reshape",
             .options = kShapeOption,
             .formula = R"(
y  = x in row-major order, as {shape}
dx = dy in row-major order, as the shape of x)"},
    .plan = plan_reshape,
    .record = record_reshape,
    .describe = [](Graph& graph, const GraphPlace& at) { return graph.reshape(at.x, shape_of(at.settings)); },
};

extern constinit const Layer flatten_layer{
    .spec = {.name = "flatten",
             .doc = "the elements of a sample in one dimension: channels, then rows, then columns",
             .source = "as torch.nn.Flatten",
             .formula = R"(
y  = x in row-major order, as {elements}
dx = dy in row-major order, as the shape of x)"},
    .plan = plan_flatten,
    .record = record_flatten,
    .describe = describe_alone<"Flatten">,
};

}  // namespace thalweg
