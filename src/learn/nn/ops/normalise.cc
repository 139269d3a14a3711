// Mean and mean square are taken in double, one after the other, so that values far from 0 keep their digits;
// so are the gradients. The sums for a weight go over all rows in their order: bits do not depend on the
// number of threads.
#include "nn/ops/normalise.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/threads.h"
#include "nn/ops/sums.h"
#include "nn/tape.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::size_t kGrain = 1 << 13;      // elements that are worth a thread's while
constexpr std::size_t kTile = 64;            // channels that are summed together
constexpr std::size_t kForkedSum = 1 << 16;  // elements whose sums are worth more than one thread

struct PreparedNormalise : Prepared {
  Boxes boxes;
  bool centred = true;
  double eps = 0;
  std::size_t count = 0;      // of boxes
  double* mean = nullptr;     // of each box; 0 where it is not centred
  double* inverse = nullptr;  // 1 / deviation of each box

  // The lines of a box: `outer` of them, each of `inner` neighbours.
  bool channels_inside() const { return boxes.channel_step == 1; }
  std::size_t inner() const { return channels_inside() ? boxes.channels : boxes.positions; }
  std::size_t outer() const { return channels_inside() ? boxes.positions : boxes.channels; }
  std::size_t step() const { return channels_inside() ? boxes.position_step : boxes.channel_step; }
  std::size_t begin(std::size_t box) const {
    return box / boxes.groups * boxes.row() + box % boxes.groups * boxes.channels * boxes.channel_step;
  }
  std::size_t first_channel(std::size_t box) const { return box % boxes.groups * boxes.channels; }
};

// f of an element's place in x, summed over a box.
template <class F>
double sum_of_box(const PreparedNormalise& p, std::size_t begin, F&& f) {
  double sum = 0;
  for (std::size_t line = 0; line < p.outer(); ++line) {
    const std::size_t at = begin + line * p.step();
    sum += sum_of(p.inner(), [&](std::size_t i) { return f(at + i, p.channels_inside() ? i : line); });
  }
  return sum;
}

// write() of a box: f is given the place in x and the channel of the box.
template <class T, class F>
void write_box(const PreparedNormalise& p, std::size_t begin, Sink<T> to, F&& f) {
  for (std::size_t line = 0; line < p.outer(); ++line) {
    const std::size_t at = begin + line * p.step();
    if (p.channels_inside()) {
      write(Sink<T>{to.data + at, to.add}, 0, p.inner(), [&](std::size_t i) { return f(at + i, i); });
    } else {
      write(Sink<T>{to.data + at, to.add}, 0, p.inner(), [&](std::size_t i) { return f(at + i, line); });
    }
  }
}

template <class F>
void for_each_box(Call& call, const PreparedNormalise& p, F&& f) {
  const std::size_t grain = std::max<std::size_t>(1, kGrain / std::max<std::size_t>(1, p.boxes.box()));
  for_each_part(call.team(), p.count, grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t box = begin; box < end; ++box) f(box, p.begin(box));
  });
}

template <class T>
void measure(const PreparedNormalise& p, const T* x, std::size_t box, std::size_t begin) {
  const auto n = static_cast<double>(p.boxes.box());
  const double mean =
      p.centred ? sum_of_box(p, begin, [=](std::size_t i, std::size_t) { return double{x[i]}; }) / n : 0.0;
  const double square = sum_of_box(p, begin, [=](std::size_t i, std::size_t) {
    const double apart = double{x[i]} - mean;
    return apart * apart;
  });
  p.mean[box] = mean;
  p.inverse[box] = 1.0 / std::sqrt(square / n + p.eps);
}

template <class T>
void forward(Call& call) {
  const auto& p = call.prepared<PreparedNormalise>();
  const T* x = call.input<T>(0);
  const T* weight = call.input<T>(1);
  const T* bias = call.input<T>(2);
  const Sink<T> y{call.value<T>(), false};
  for_each_box(call, p, [&](std::size_t box, std::size_t begin) {
    measure(p, x, box, begin);
    const double mean = p.mean[box], inverse = p.inverse[box];
    const std::size_t first = p.first_channel(box);
    write_box(p, begin, y, [=](std::size_t i, std::size_t channel) {
      const T whitened = static_cast<T>((double{x[i]} - mean) * inverse);
      const T scaled = weight != nullptr ? whitened * weight[first + channel] : whitened;
      return bias != nullptr ? scaled + bias[first + channel] : scaled;
    });
  });
}

template <class T>
void input_gradient(Call& call, const PreparedNormalise& p, Sink<T> dx) {
  const T* x = call.input<T>(0);
  const T* dy = call.grad<T>();
  const T* weight = call.input<T>(1);
  const auto n = static_cast<double>(p.boxes.box());
  for_each_box(call, p, [&](std::size_t box, std::size_t begin) {
    const double mean = p.mean[box], inverse = p.inverse[box];
    const T* weights = weight != nullptr ? weight + p.first_channel(box) : nullptr;
    const auto inner = [=](std::size_t i, std::size_t channel) {
      return weights != nullptr ? double{dy[i]} * double{weights[channel]} : double{dy[i]};
    };
    const auto whitened = [=](std::size_t i) { return (double{x[i]} - mean) * inverse; };
    const double along_mean = p.centred ? sum_of_box(p, begin, inner) / n : 0.0;
    const double along_x =
        sum_of_box(p, begin,
                   [=](std::size_t i, std::size_t channel) { return inner(i, channel) * whitened(i); }) /
        n;
    write_box(p, begin, dx, [=](std::size_t i, std::size_t channel) {
      return static_cast<T>(inverse * (inner(i, channel) - along_mean - whitened(i) * along_x));
    });
  });
}

// Adds to `sums` what the rows make of the channels begin .. end-1 of one group, at most kTile of them:
// f(place, box).
template <class F>
void sum_channels(const PreparedNormalise& p, std::size_t begin, std::size_t end, double* sums, F&& f) {
  const std::size_t group = begin / p.boxes.channels;
  for (std::size_t box = group; box < p.count; box += p.boxes.groups) {
    const std::size_t at = p.begin(box) + (begin - p.first_channel(box)) * p.boxes.channel_step;
    if (p.channels_inside()) {
      for (std::size_t position = 0; position < p.boxes.positions; ++position) {
        const std::size_t line = at + position * p.boxes.position_step;
        for (std::size_t j = 0; j < end - begin; ++j) sums[j] += f(line + j, box);
      }
    } else {
      for (std::size_t j = 0; j < end - begin; ++j) {
        const std::size_t line = at + j * p.boxes.channel_step;
        sums[j] += sum_of(p.boxes.positions, [&](std::size_t i) { return f(line + i, box); });
      }
    }
  }
}

template <class T, class F>
void channel_gradient(Call& call, const PreparedNormalise& p, Sink<T> to, F&& f) {
  if (to.data == nullptr) return;
  const std::size_t tiles = (p.boxes.channels + kTile - 1) / kTile;  // of a group
  const std::size_t all = p.boxes.groups * tiles;
  if (all == 0) return;
  for_each_part(
      call.team(), all, call.size() < kForkedSum ? all : 1, [&](std::size_t first, std::size_t last) {
        for (std::size_t tile = first; tile < last; ++tile) {
          const std::size_t group = tile / tiles * p.boxes.channels;
          const std::size_t begin = group + tile % tiles * kTile;
          const std::size_t end = std::min(begin + kTile, group + p.boxes.channels);
          double sums[kTile] = {};
          sum_channels(p, begin, end, sums, f);
          write(to, begin, end, [&](std::size_t channel) { return static_cast<T>(sums[channel - begin]); });
        }
      });
}

template <class T>
void backward(Call& call) {
  const auto& p = call.prepared<PreparedNormalise>();
  const T* x = call.input<T>(0);
  const T* dy = call.grad<T>();
  if (const Sink<T> dx = call.sink<T>(0); dx.data != nullptr) input_gradient(call, p, dx);
  channel_gradient(call, p, call.sink<T>(1), [&](std::size_t i, std::size_t box) {
    return double{dy[i]} * ((double{x[i]} - p.mean[box]) * p.inverse[box]);
  });
  channel_gradient(call, p, call.sink<T>(2), [&](std::size_t i, std::size_t) { return double{dy[i]}; });
}

constexpr Op kNormalise{{forward<float>, forward<double>}, {backward<float>, backward<double>}};

void check_affine(Tape& tape, Tensor tensor, const char* what, const Normalisation& normalisation) {
  if (tensor.node < 0 || tape.shape(tensor) == normalisation.affine) return;
  throw Error(Code::usage, {normalisation.name, std::string("the shape of ") + what + " does not fit",
                            print_shape(tape.shape(tensor)), print_shape(normalisation.affine), ""});
}

}  // namespace

Tensor record_normalise(Tape& tape, Tensor x, Tensor weight, Tensor bias,
                        const Normalisation& normalisation) {
  check_affine(tape, weight, "weight", normalisation);
  check_affine(tape, bias, "bias", normalisation);
  Tape::Impl& impl = tape.impl();
  auto prepared = std::make_unique<PreparedNormalise>();
  prepared->boxes = normalisation.boxes;
  prepared->centred = normalisation.centred;
  prepared->eps = normalisation.eps;
  const std::size_t row = prepared->boxes.row();
  prepared->count = row == 0 ? 0 : impl.node(x).size / row * prepared->boxes.groups;
  auto* measured = static_cast<double*>(impl.own.allocate(2 * prepared->count * sizeof(double)));
  prepared->mean = measured;
  prepared->inverse = measured + prepared->count;
  return impl.add(kNormalise, {{x, weight, bias}}, impl.node(x).shape, std::move(prepared),
                  impl.node(x).order);
}

}  // namespace thalweg
