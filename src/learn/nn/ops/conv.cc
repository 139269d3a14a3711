// conv2d and conv1d. A sample is copied into a frame of zeros, where every place of the window is a tap at a
// fixed distance; the gradient of the input is the same loop over the gradient of the output, and the places
// of the input that stand at one remainder of the stride are one run of it each.
#include <algorithm>
#include <cstring>
#include <string>

#include "base/threads.h"
#include "kernels/images.h"
#include "kernels/taps.h"
#include "nn/module.h"
#include "nn/ops/conv_plan.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

// A plan with memory for a pass over blocks of samples, each block its own.
template <class T>
struct Conv : Prepared {
  Conv(const ConvPlan& planned, bool rectified) : plan(planned), rectify(rectified) {}

  const ConvPlan plan;
  const bool rectify;

  T* framed_x = nullptr;
  T* turned = nullptr;     // weights for the gradient of x
  T* framed_dy = nullptr;  // the gradient of y in its frame, rectified
  T* dw = nullptr;         // of each block, where there are several
  double* db = nullptr;

  bool copies_dy() const { return rectify || plan.framed_dy.needed; }

  std::size_t turned_columns() const { return plan.channel_wise ? plan.x.channels : plan.in_each; }

  void allocate(Arena& arena, bool backward);
  void turn(const T* w);

  const T* input(const T* all, std::size_t row, std::size_t block);
  void forward_sample(const T* in, const T* w, const T* bias, T* out) const;
  const T* gradient(const T* all, const T* value, std::size_t row, std::size_t block);
  void weights_sample(const T* in, const T* dy, T* to, bool add) const;
  void input_sample(const T* dy, T* to, bool add) const;
};

template <class T>
void Conv<T>::allocate(Arena& arena, bool backward) {
  const auto make = [&]<class U>(U*& memory, std::size_t size) {
    memory = static_cast<U*>(arena.allocate(size * sizeof(U)));
  };
  if (plan.framed_x.needed) make(framed_x, plan.blocks * plan.framed_x.size(plan.x));
  if (!backward) return;
  make(turned, plan.places * (plan.channel_wise ? 1 : plan.y.channels) * turned_columns());
  if (copies_dy()) make(framed_dy, plan.blocks * plan.framed_dy.size(plan.y));
  if (plan.blocks > 1) make(dw, plan.blocks * plan.weights());
  make(db, plan.blocks * plan.y.channels);
}

// Weights {places, in, out} as rows {tap of a part, out} of `in`, group after group.
template <class T>
void Conv<T>::turn(const T* w) {
  const auto turn_place = [&](std::size_t tap, const T* from) {
    if (plan.channel_wise) {
      std::copy_n(from, plan.x.channels, turned + tap * turned_columns());
      return;
    }
    for (std::size_t g = 0; g < plan.groups; ++g) {
      T* to = turned + (g * plan.places + tap) * plan.out_each * turned_columns();
      tap_kernels<T>().turn(from + g * plan.out_each, plan.in_each, plan.out_each, plan.y.channels, to,
                            turned_columns());
    }
  };
  for (const InputPart& part : plan.parts) {
    std::size_t tap = part.first_tap;
    for (const auto& [u, i] : part.down.places) {
      for (const auto& [v, j] : part.across.places) {
        const std::size_t place = u * static_cast<std::size_t>(plan.window.kernel[1]) + v;
        turn_place(tap++, w + place * plan.in_each * plan.y.channels);
      }
    }
  }
}

// A sample in its frame.
template <class T>
const T* Conv<T>::input(const T* all, std::size_t row, std::size_t block) {
  const T* from = all + row * plan.x.sample();
  if (!plan.framed_x.needed) return from;
  T* to = framed_x + block * plan.framed_x.size(plan.x);
  const std::size_t line = plan.x.width * plan.x.channels, framed_line = plan.framed_x.wide * plan.x.channels;
  for (std::size_t i = 0; i < plan.x.height; ++i)
    std::copy_n(from + i * line, line, to + plan.framed_x.first + i * framed_line);
  return to;
}

template <class T>
void Conv<T>::forward_sample(const T* in, const T* w, const T* bias, T* out) const {
  const auto& kernels = tap_kernels<T>();
  const Images &x = plan.x, &y = plan.y;
  const Window::Pair stride = plan.window.stride;
  const bool one_line = plan.places == 1 && !plan.framed_x.needed && stride == Window::Pair{1, 1};
  TapProduct<T> product{.in_step = stride[1] * static_cast<std::ptrdiff_t>(x.channels),
                        .taps = plan.taps,
                        .depth = plan.in_each,
                        .weights_step = y.channels,
                        .out_step = static_cast<std::ptrdiff_t>(y.channels),
                        .positions = one_line ? y.places() : y.width,
                        .columns = plan.channel_wise ? y.channels : plan.out_each,
                        .rectify = rectify};
  for (std::size_t line = 0; line < (one_line ? 1 : y.height); ++line) {
    const T* at = in + line * static_cast<std::size_t>(stride[0]) * plan.framed_x.wide * x.channels;
    for (std::size_t g = 0; g < (plan.channel_wise ? 1 : plan.groups); ++g) {
      product.in = at + g * plan.in_each;
      product.weights = w + g * plan.out_each;
      if (bias != nullptr) product.bias = bias + g * plan.out_each;
      product.out = out + line * y.width * y.channels + g * plan.out_each;
      plan.channel_wise ? kernels.channel_product(product) : kernels.product(product);
    }
  }
}

// A sample's gradient of what was computed before max(., 0), in its frame; its sums are added to those of the
// bias, by line in T and over lines in double.
template <class T>
const T* Conv<T>::gradient(const T* all, const T* value, std::size_t row, std::size_t block) {
  const T* from = all + row * plan.y.sample();
  const T* of = rectify ? value + row * plan.y.sample() : nullptr;
  T* to = copies_dy() ? framed_dy + block * plan.framed_dy.size(plan.y) : nullptr;
  const std::size_t line = plan.y.width * plan.y.channels;
  for (std::size_t i = 0; i < plan.y.height; ++i) {
    T* into = to == nullptr ? nullptr : to + plan.framed_dy.first + i * plan.framed_dy.wide * plan.y.channels;
    image_kernels<T>().rectified({.dy = from + i * line,
                                  .y = of == nullptr ? nullptr : of + i * line,
                                  .places = plan.y.width,
                                  .step = plan.y.channels,
                                  .channels = plan.y.channels,
                                  .to = into,
                                  .sums = db + block * plan.y.channels});
  }
  return to == nullptr ? from : to;
}

template <class T>
void Conv<T>::weights_sample(const T* in, const T* dy, T* to, bool add) const {
  const auto& kernels = tap_kernels<T>();
  const Images &x = plan.x, &y = plan.y;
  const Window::Pair stride = plan.window.stride;
  const std::size_t rows = plan.channel_wise ? plan.places : plan.places * plan.in_each;
  TapGradient<T> gradient{.in_step = stride[1] * static_cast<std::ptrdiff_t>(x.channels),
                          .in_line = stride[0] * static_cast<std::ptrdiff_t>(plan.framed_x.wide * x.channels),
                          .taps = plan.taps,
                          .depth = plan.in_each,
                          .dy_step = static_cast<std::ptrdiff_t>(y.channels),
                          .dy_line = static_cast<std::ptrdiff_t>(plan.framed_dy.wide * y.channels),
                          .positions = y.width,
                          .lines = y.height,
                          .columns = plan.channel_wise ? y.channels : plan.out_each,
                          .out_step = y.channels,
                          .rows = {0, rows},
                          .add = add};
  for (std::size_t g = 0; g < (plan.channel_wise ? 1 : plan.groups); ++g) {
    gradient.in = in + g * plan.in_each;
    gradient.dy = dy + plan.framed_dy.first + g * plan.out_each;
    gradient.out = to + g * plan.out_each;
    plan.channel_wise ? kernels.channel_gradient(gradient) : kernels.gradient(gradient);
  }
}

template <class T>
void Conv<T>::input_sample(const T* dy, T* to, bool add) const {
  const auto& kernels = tap_kernels<T>();
  const Images &x = plan.x, &y = plan.y;
  const Window::Pair stride = plan.window.stride;
  for (const InputPart& part : plan.parts) {
    TapProduct<T> product{.in_step = static_cast<std::ptrdiff_t>(y.channels),
                          .taps = part.taps,
                          .depth = plan.out_each,
                          .weights_step = turned_columns(),
                          .out_step = stride[1] * static_cast<std::ptrdiff_t>(x.channels),
                          .positions = part.across.count,
                          .columns = plan.channel_wise ? x.channels : plan.in_each,
                          .add = add};
    for (std::size_t line = 0; line < part.down.count; ++line) {
      const std::size_t row = part.down.first + line * static_cast<std::size_t>(stride[0]);
      T* out = to + (row * x.width + part.across.first) * x.channels;
      for (std::size_t g = 0; g < (plan.channel_wise ? 1 : plan.groups); ++g) {
        const std::size_t rows =
            plan.channel_wise ? part.first_tap : (g * plan.places + part.first_tap) * plan.out_each;
        product.in = dy + line * plan.framed_dy.wide * y.channels + g * plan.out_each;
        product.weights = turned + rows * turned_columns();
        product.out = out + g * plan.in_each;
        plan.channel_wise ? kernels.channel_product(product) : kernels.product(product);
      }
    }
  }
}

template <class T>
void conv_forward(Call& call) {
  auto& conv = call.prepared<Conv<T>>();
  const T *x = call.input<T>(0), *w = call.input<T>(1), *bias = call.input<T>(2);
  T* y = call.value<T>();
  for_each_block(call.team(), conv.plan.blocks, [&](std::size_t block) {
    for (std::size_t row = block * conv.plan.block_rows; row < conv.plan.end_of(block); ++row)
      conv.forward_sample(conv.input(x, row, block), w, bias, y + row * conv.plan.y.sample());
  });
}

// What the blocks found, in their order.
template <class T, class Part>
void join_blocks(Team& team, const Part* parts, std::size_t blocks, std::size_t size, Sink<T> to) {
  if (to.data == nullptr) return;
  for_each_part(team, size, 1 << 14, [&](std::size_t begin, std::size_t end) {
    write(to, begin, end, [&](std::size_t i) {
      Part sum = parts[i];
      for (std::size_t block = 1; block < blocks; ++block) sum += parts[block * size + i];
      return static_cast<T>(sum);
    });
  });
}

template <class T>
void conv_backward(Call& call) {
  auto& conv = call.prepared<Conv<T>>();
  const T *x = call.input<T>(0), *y = call.value<T>(), *dy = call.grad<T>();
  const Sink<T> dx = call.sink<T>(0), dw = call.sink<T>(1), db = call.sink<T>(2);
  if (conv.plan.x.rows == 0) {
    write(dw, 0, dw.data != nullptr ? conv.plan.weights() : 0, [](std::size_t) { return T{0}; });
    write(db, 0, db.data != nullptr ? conv.plan.y.channels : 0, [](std::size_t) { return T{0}; });
    return;
  }
  if (dx.data != nullptr) conv.turn(call.input<T>(1));
  for_each_block(call.team(), conv.plan.blocks, [&](std::size_t block) {
    T* weights = conv.plan.blocks > 1 ? conv.dw + block * conv.plan.weights() : dw.data;
    bool add = conv.plan.blocks == 1 && dw.add;
    std::fill_n(conv.db + block * conv.plan.y.channels, conv.plan.y.channels, 0.0);
    for (std::size_t row = block * conv.plan.block_rows; row < conv.plan.end_of(block); ++row) {
      const T* gradient = conv.gradient(dy, y, row, block);
      if (dw.data != nullptr)
        conv.weights_sample(conv.input(x, row, block), gradient, weights, std::exchange(add, true));
      if (dx.data != nullptr) conv.input_sample(gradient, dx.data + row * conv.plan.x.sample(), dx.add);
    }
  });
  if (conv.plan.blocks > 1) join_blocks(call.team(), conv.dw, conv.plan.blocks, conv.plan.weights(), dw);
  join_blocks(call.team(), conv.db, conv.plan.blocks, conv.plan.y.channels, db);
}

constexpr Op kConv{{conv_forward<float>, conv_forward<double>},
                   {conv_backward<float>, conv_backward<double>}};

[[noreturn]] void fail(std::string what, std::string got, std::string want) {
  throw Error(Code::usage, {"conv", std::move(what), std::move(got), std::move(want), ""});
}

void check_shapes(const Shape& x, const Shape& weight, const Shape* bias, std::int64_t groups) {
  const std::int64_t channels = x[1];
  if (groups < 1 || channels % groups != 0) {
    fail("the channels cannot be cut into these groups",
         std::to_string(channels) + " channels, " + std::to_string(groups) + " groups",
         "a number that divides the channels");
  }
  const bool fits = weight.size() == x.size() && weight[weight.size() - 2] * groups == channels &&
                    weight.back() > 0 && weight.back() % groups == 0;
  if (!fits) {
    fail("the shapes of x and weight do not fit",
         "x " + print_shape(x) + " and weight " + print_shape(weight),
         "weight kernel x channels / groups x outputs, with outputs that the groups divide");
  }
  if (bias != nullptr && (bias->size() != 1 || bias->front() != weight.back())) {
    fail("the shapes of weight and bias do not fit",
         "weight " + print_shape(weight) + " and bias " + print_shape(*bias), "bias outputs");
  }
}

}  // namespace

Tensor conv2d(Tape& tape, Tensor x, Tensor weight, Tensor bias, const Window& moved, std::int64_t groups,
              bool rectify) {
  Tape::Impl& impl = tape.impl();
  const Images in = Images::of("conv", impl.node(x).shape);
  const Shape& w = impl.node(weight).shape;
  check_shapes(impl.node(x).shape, w, bias.node < 0 ? nullptr : &impl.node(bias).shape, groups);
  Window window = moved;
  const std::size_t axes = w.size() - 2;
  window.kernel = {axes == 2 ? w[0] : 1, w[axes - 1]};
  check_window("conv", window, static_cast<std::int64_t>(in.height), static_cast<std::int64_t>(in.width));
  Shape shape = moved_over(window, impl.node(x).shape, axes, w.back());
  const Images out = Images::of("conv", shape);
  x = channels_last(tape, x);
  const bool backward = impl.passes == Passes::both;
  const ConvPlan plan(window, static_cast<std::size_t>(groups), in, out);
  const auto make = [&]<class T>(T) -> std::unique_ptr<Prepared> {
    auto conv = std::make_unique<Conv<T>>(plan, rectify);
    conv->allocate(impl.own, backward);
    return conv;
  };
  return impl.add(kConv, {{x, weight, bias}}, std::move(shape),
                  impl.dtype == Dtype::f32 ? make(float{}) : make(double{}), MemoryOrder::channels_last);
}

}  // namespace thalweg
