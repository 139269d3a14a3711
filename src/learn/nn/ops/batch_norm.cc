// batch_norm: each channel with the mean and variance of the batch in training, of all batches before in
// evaluation. With the channels last an image is so many rows of channels, as a vector of features is one.
#include <algorithm>
#include <cmath>
#include <string>

#include "base/threads.h"
#include "nn/module.h"
#include "nn/ops/affine.h"
#include "nn/tape.h"
#include "thalweg/error.h"
#include "thalweg/images.h"

namespace thalweg {
namespace {

constexpr std::size_t kBlock = 1 << 14;  // elements whose sums one thread forms
constexpr std::size_t kShortRows = 64;   // summed in T; these sums in double
constexpr std::size_t kAtOnce = 64;      // channels

struct BatchNorm : Prepared {
  std::size_t rows = 0, channels = 0;
  std::size_t block_rows = 1, blocks = 0;
  double momentum = 0.1, eps = 1e-5;
  double* parts = nullptr;  // two numbers for each channel of each block
  double* mean = nullptr;   // of each channel, as the last forward() used them
  double* rate = nullptr;   // 1 / sqrt(variance + eps)
  bool training = false;

  std::size_t end(std::size_t block) const { return std::min(rows, (block + 1) * block_rows); }
};

// Calls f(channel, a, b) with the sums of a block: f_a and f_b of each element, for a part of the channels.
template <class T, class Terms, class Use>
void sum_block(const BatchNorm& norm, std::size_t block, const Terms& terms, const Use& use) {
  for (std::size_t first = 0; first < norm.channels; first += kAtOnce) {
    const std::size_t n = std::min(kAtOnce, norm.channels - first);
    double a[kAtOnce] = {}, b[kAtOnce] = {};
    for (std::size_t row = block * norm.block_rows; row < norm.end(block);) {
      T short_a[kAtOnce] = {}, short_b[kAtOnce] = {};
      const std::size_t last = std::min(norm.end(block), row + kShortRows);
      for (; row < last; ++row) terms(row * norm.channels + first, first, n, short_a, short_b);
      for (std::size_t c = 0; c < n; ++c) {
        a[c] += static_cast<double>(short_a[c]);
        b[c] += static_cast<double>(short_b[c]);
      }
    }
    for (std::size_t c = 0; c < n; ++c) use(first + c, a[c], b[c]);
  }
}

// The mean of a block, and its squared distances from that; the first row is taken out, so that the digits of
// what all rows have in common are not lost.
template <class T>
void measure_block(const BatchNorm& norm, const T* x, std::size_t block) {
  const T* shift = x + block * norm.block_rows * norm.channels;
  const auto n = static_cast<double>(norm.end(block) - block * norm.block_rows);
  double* mean = norm.parts + 2 * block * norm.channels;
  double* squares = mean + norm.channels;
  sum_block<T>(
      norm, block,
      [&](std::size_t at, std::size_t first, std::size_t channels, T* a, T*) {
        for (std::size_t c = 0; c < channels; ++c) a[c] += x[at + c] - shift[first + c];
      },
      [&](std::size_t c, double sum, double) { mean[c] = static_cast<double>(shift[c]) + sum / n; });
  sum_block<T>(
      norm, block,
      [&](std::size_t at, std::size_t first, std::size_t channels, T* a, T* b) {
        for (std::size_t c = 0; c < channels; ++c) {
          const T distance = x[at + c] - static_cast<T>(mean[first + c]);
          a[c] += distance;
          b[c] += distance * distance;
        }
      },
      [&](std::size_t c, double sum, double sum_of_squares) {  // of the rounded mean
        mean[c] = static_cast<double>(static_cast<T>(mean[c])) + sum / n;
        squares[c] = sum_of_squares - sum * sum / n;
      });
}

// Means and squares of all blocks, one after the other (Chan, Golub and LeVeque 1979).
void join_blocks(const BatchNorm& norm, double* squares) {
  std::fill_n(norm.mean, norm.channels, 0.0);
  std::fill_n(squares, norm.channels, 0.0);
  double count = 0;
  for (std::size_t block = 0; block < norm.blocks; ++block) {
    const double* mean = norm.parts + 2 * block * norm.channels;
    const auto n = static_cast<double>(norm.end(block) - block * norm.block_rows);
    const double all = count + n;
    for (std::size_t c = 0; c < norm.channels; ++c) {
      const double distance = mean[c] - norm.mean[c];
      norm.mean[c] += distance * n / all;
      squares[c] += mean[norm.channels + c] + distance * distance * count * n / all;
    }
    count = all;
  }
}

template <class T>
void measure(Call& call, BatchNorm& norm) {
  const T* x = call.input<T>(0);
  for_each_block(call.team(), norm.blocks, [&](std::size_t block) { measure_block(norm, x, block); });
  join_blocks(norm, norm.rate);
  T* running_mean = call.kept<T>(3);
  T* running_variance = call.kept<T>(4);
  const auto n = static_cast<double>(norm.rows);
  const double momentum = call.training()->momentum.value_or(norm.momentum);
  const auto move = [&](T& running, double now) {
    running = static_cast<T>((1.0 - momentum) * static_cast<double>(running) + momentum * now);
  };
  for (std::size_t c = 0; c < norm.channels; ++c) {
    move(running_mean[c], norm.mean[c]);
    if (norm.rows > 1) move(running_variance[c], norm.rate[c] / (n - 1));
    norm.rate[c] = 1.0 / std::sqrt(norm.rate[c] / n + norm.eps);
  }
}

template <class T>
void forward(Call& call) {
  auto& norm = call.prepared<BatchNorm>();
  norm.training = call.training() != nullptr;
  if (norm.rows == 0) return;
  if (norm.training) {
    if (!call.again()) measure<T>(call, norm);
  } else {
    for (std::size_t c = 0; c < norm.channels; ++c) {
      norm.mean[c] = static_cast<double>(call.input<T>(3)[c]);
      norm.rate[c] = 1.0 / std::sqrt(static_cast<double>(call.input<T>(4)[c]) + norm.eps);
    }
  }
  const T *x = call.input<T>(0), *weight = call.input<T>(1), *bias = call.input<T>(2);
  T* y = call.value<T>();
  for_each_block(call.team(), norm.blocks, [&](std::size_t block) {
    for (std::size_t first = 0; first < norm.channels; first += kAtOnce) {
      const std::size_t n = std::min(kAtOnce, norm.channels - first);
      T mean[kAtOnce], factor[kAtOnce], start[kAtOnce];
      for (std::size_t c = 0; c < n; ++c) {
        mean[c] = static_cast<T>(norm.mean[first + c]);
        const double rest = norm.mean[first + c] - static_cast<double>(mean[c]);
        const double of =
            norm.rate[first + c] * (weight != nullptr ? static_cast<double>(weight[first + c]) : 1.0);
        factor[c] = static_cast<T>(of);
        start[c] = static_cast<T>((bias != nullptr ? static_cast<double>(bias[first + c]) : 0.0) - rest * of);
      }
      for (std::size_t row = block * norm.block_rows; row < norm.end(block); ++row) {
        const std::size_t at = row * norm.channels + first;
        for (std::size_t c = 0; c < n; ++c) y[at + c] = (x[at + c] - mean[c]) * factor[c] + start[c];
      }
    }
  });
}

// Sums of dy, and of dy times the normalised x, in the order of the blocks.
template <class T>
void sum_gradients(Call& call, const BatchNorm& norm, double* sums, double* products) {
  const T *x = call.input<T>(0), *dy = call.grad<T>();
  for_each_block(call.team(), norm.blocks, [&](std::size_t block) {
    double* part = norm.parts + 2 * block * norm.channels;
    sum_block<T>(
        norm, block,
        [&](std::size_t at, std::size_t first, std::size_t channels, T* a, T* b) {
          for (std::size_t c = 0; c < channels; ++c) {
            a[c] += dy[at + c];
            b[c] += dy[at + c] * (x[at + c] - static_cast<T>(norm.mean[first + c]));
          }
        },
        [&](std::size_t c, double sum, double product) {
          const double mean = norm.mean[c];
          part[c] = sum;
          part[norm.channels + c] =
              (product - sum * (mean - static_cast<double>(static_cast<T>(mean)))) * norm.rate[c];
        });
  });
  std::fill_n(sums, norm.channels, 0.0);
  std::fill_n(products, norm.channels, 0.0);
  for (std::size_t block = 0; block < norm.blocks; ++block) {
    const double* part = norm.parts + 2 * block * norm.channels;
    for (std::size_t c = 0; c < norm.channels; ++c) {
      sums[c] += part[c];
      products[c] += part[norm.channels + c];
    }
  }
}

template <class T>
void backward(Call& call) {
  const auto& norm = call.prepared<BatchNorm>();
  double* sums = norm.parts + 2 * norm.blocks * norm.channels;
  double* products = sums + norm.channels;
  sum_gradients<T>(call, norm, sums, products);
  const T *x = call.input<T>(0), *weight = call.input<T>(1), *dy = call.grad<T>();
  if (const Sink<T> dx = call.sink<T>(0); dx.data != nullptr) {
    const double share = norm.training ? 1.0 / static_cast<double>(norm.rows) : 0.0;
    for_each_block(call.team(), norm.blocks, [&](std::size_t block) {
      for (std::size_t first = 0; first < norm.channels; first += kAtOnce) {
        const std::size_t n = std::min(kAtOnce, norm.channels - first);
        T mean[kAtOnce], mean_dy[kAtOnce], factor[kAtOnce], of_x[kAtOnce], rest[kAtOnce];
        for (std::size_t c = 0; c < n; ++c) {
          const std::size_t k = first + c;
          const double slope = norm.rate[k] * products[k] * share;
          mean[c] = static_cast<T>(norm.mean[k]);
          mean_dy[c] = static_cast<T>(sums[k] * share);
          factor[c] =
              static_cast<T>(norm.rate[k] * (weight != nullptr ? static_cast<double>(weight[k]) : 1.0));
          of_x[c] = static_cast<T>(slope);
          rest[c] = static_cast<T>((norm.mean[k] - static_cast<double>(mean[c])) * slope +
                                   (static_cast<double>(mean_dy[c]) - sums[k] * share));
        }
        for (std::size_t row = block * norm.block_rows; row < norm.end(block); ++row) {
          const std::size_t at = row * norm.channels + first;
          write(Sink<T>{dx.data + at, dx.add}, 0, n, [&](std::size_t c) {
            return factor[c] * (((dy[at + c] - mean_dy[c]) - (x[at + c] - mean[c]) * of_x[c]) + rest[c]);
          });
        }
      }
    });
  }
  const auto pass_on = [&](std::size_t input, const double* all) {
    const Sink<T> to = call.sink<T>(input);
    if (to.data != nullptr)
      write(to, 0, norm.channels, [&](std::size_t c) { return static_cast<T>(all[c]); });
  };
  pass_on(1, products);
  pass_on(2, sums);
}

constexpr Op kBatchNorm{{forward<float>, forward<double>}, {backward<float>, backward<double>}};

void check_channels(const Tape::Impl&, const Node& x, const Node* of, std::string_view what) {
  if (of == nullptr || of->shape == Shape{x.shape[1]}) return;
  throw Error(Code::usage,
              {"batch_norm", "the shapes of x and " + std::string(what) + " do not fit",
               "x " + print_shape(x.shape) + " and " + std::string(what) + " " + print_shape(of->shape),
               print_shape({x.shape[1]}), ""});
}

constexpr Option kOptions[] = {
    in_unit("fraction",
            number_option("momentum", "0.1", {0.0, 1.0},
                          "share of a batch in the running mean and variance (Keras: 1 less its own)")),
    number_option("eps", "1e-5", kPositive, "added to the variance"),
    kAffine,
};

Shape plan(const Settings& settings, const Shape& input, std::vector<Weight>& weights) {
  const Shape shape = {input.front()};
  if (std::get<bool>(option<kOptions, "affine">(settings))) add_affine(shape, true, weights);
  weights.push_back({"running_mean", shape, Role::other, {}, false});
  weights.push_back({"running_variance", shape, Role::other, constant_init(1), false});
  return input;
}

Tensor record(Tape& tape, Tensor x, const Settings& settings, std::span<const Tensor> weights) {
  const bool affine = weights.size() == 4;
  return batch_norm(tape, x, affine ? weights[0] : Tensor{}, affine ? weights[1] : Tensor{},
                    weights[weights.size() - 2], weights.back(),
                    std::get<double>(option<kOptions, "momentum">(settings)),
                    std::get<double>(option<kOptions, "eps">(settings)));
}

// In three operators, which lose no digits of numbers far from 0 as BatchNormalization may.
std::string describe(Graph& graph, const GraphPlace& at) {
  const std::size_t n = at.weights.size();
  const double eps = std::get<double>(option<kOptions, "eps">(at.settings));
  const Shape shape = channels_of(at.input);
  const std::string deviation =
      graph.add("Sqrt", {graph.add("Add", {graph.parameter(*at.weights[n - 1], shape), graph.number(eps)})});
  const std::string rest = graph.add("Sub", {at.x, graph.parameter(*at.weights[n - 2], shape)});
  return describe_affine(graph, graph.add("Div", {rest, deviation}), at.weights.first(n - 2), shape);
}

}  // namespace

Tensor batch_norm(Tape& tape, Tensor x, Tensor weight, Tensor bias, Tensor running_mean,
                  Tensor running_variance, double momentum, double eps) {
  Tape::Impl& impl = tape.impl();
  if (impl.node(x).shape.size() < 2) {
    throw Error(Code::usage, {"batch_norm", "x has no channels", "x " + print_shape(impl.node(x).shape),
                              "rows x channels, or rows x channels x places", ""});
  }
  if (impl.node(x).shape.size() > 2) x = channels_last(tape, x);
  const Node& node = impl.node(x);
  const auto given = [&](Tensor tensor) { return tensor.node < 0 ? nullptr : &impl.node(tensor); };
  check_channels(impl, node, given(weight), "weight");
  check_channels(impl, node, given(bias), "bias");
  check_channels(impl, node, &impl.node(running_mean), "running_mean");
  check_channels(impl, node, &impl.node(running_variance), "running_variance");
  auto norm = std::make_unique<BatchNorm>();
  norm->channels = static_cast<std::size_t>(node.shape[1]);
  norm->rows = norm->channels > 0 ? node.size / norm->channels : 0;
  norm->block_rows = std::max<std::size_t>(1, kBlock / std::max<std::size_t>(1, norm->channels));
  norm->blocks = (norm->rows + norm->block_rows - 1) / norm->block_rows;
  norm->momentum = momentum;
  norm->eps = eps;
  const auto doubles = [&](std::size_t n) {
    return static_cast<double*>(impl.own.allocate(n * sizeof(double)));
  };
  norm->parts = doubles(2 * (norm->blocks + 1) * norm->channels);
  norm->mean = doubles(norm->channels);
  norm->rate = doubles(norm->channels);
  const MemoryOrder order = node.order;
  return impl.add(kBatchNorm, {{x, weight, bias, running_mean, running_variance}}, Shape(node.shape),
                  std::move(norm), order);
}

extern constinit const Layer batch_norm_layer{
    .spec = {.name = "batch_norm",
             .doc = "each channel less its mean, over its deviation, in the batch",
             .source = "Ioffe and Szegedy 2015, arXiv:1502.03167",
             .options = kOptions,
             .formula = R"(
y = weight h + bias, h = (x - mean) / sqrt(var + eps)
dx = weight / sqrt(var + eps) (dy - mean(dy) - h mean(dy h)), the means in training alone
m <- (1 - momentum) m + momentum mean, v <- (1 - momentum) v + momentum var n / (n - 1)
mean and var of the n elements of a channel in the batch, in evaluation m and v
m starts at 0, v at 1
under averaged weights m and v are the means of these over batches of the training data)"},
    .plan = plan,
    .record = record,
    .takes_any = true,
    .describe = describe,
};

}  // namespace thalweg
