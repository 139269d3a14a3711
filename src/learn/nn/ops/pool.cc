// Pools: max_pool, avg_pool and their global forms, over images with their channels last.
#include <algorithm>
#include <limits>
#include <string>

#include "base/threads.h"
#include "nn/module.h"
#include "nn/ops/window.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::size_t kGrain = 1 << 14;  // elements that are worth a thread's while

// The part of a window that lies on the image, along one axis.
struct Overlap {
  std::size_t first = 0, last = 0;  // of the image
  std::size_t place = 0;            // of the window that lies on `first`
};

std::vector<Overlap> overlaps(const Window& window, std::size_t axis, std::size_t size, std::size_t places) {
  std::vector<Overlap> all;
  const std::int64_t step = window.dilation[axis];
  for (std::size_t i = 0; i < places; ++i) {
    const std::int64_t begin = static_cast<std::int64_t>(i) * window.stride[axis] - window.before[axis];
    const std::int64_t skipped = begin < 0 ? (-begin + step - 1) / step : 0;
    const std::int64_t end =
        std::min(static_cast<std::int64_t>(size), begin + step * (window.kernel[axis] - 1) + 1);
    all.push_back({static_cast<std::size_t>(begin + skipped * step),
                   static_cast<std::size_t>(std::max<std::int64_t>(0, end)),
                   static_cast<std::size_t>(skipped)});
  }
  return all;
}

struct Pool : Prepared {
  Window window;
  Images x, y;
  std::vector<Overlap> down, across;
  bool count_padding = true;
  bool disjoint = false;             // no element is in two windows
  std::uint16_t* largest = nullptr;  // which place of its window an output of max_pool is

  Pool(const Window& moved, const Images& in, const Images& out) : window(moved), x(in), y(out) {
    down = overlaps(window, 0, x.height, y.height);
    across = overlaps(window, 1, x.width, y.width);
    disjoint = window.stride[0] >= window.kernel[0] && window.stride[1] >= window.kernel[1] &&
               window.dilation == Window::Pair{1, 1};
  }

  // Calls f(element of x, place of the window) for what a window covers; the element is that of channel 0.
  template <class F>
  void for_window(std::size_t row, std::size_t i, std::size_t j, const F& f) const {
    const auto step_down = static_cast<std::size_t>(window.dilation[0]);
    const auto step_across = static_cast<std::size_t>(window.dilation[1]);
    std::size_t line = down[i].place;
    for (std::size_t u = down[i].first; u < down[i].last; u += step_down, ++line) {
      std::size_t place = line * static_cast<std::size_t>(window.kernel[1]) + across[j].place;
      for (std::size_t v = across[j].first; v < across[j].last; v += step_across, ++place)
        f(((row * x.height + u) * x.width + v) * x.channels, place);
    }
  }

  // Calls f(row, i, j, element of y) for every window; rows are shared among threads.
  template <class F>
  void for_windows(Team& team, const F& f) const {
    const std::size_t grain = std::max<std::size_t>(1, kGrain / std::max<std::size_t>(1, x.sample()));
    for_each_part(team, x.rows, grain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t row = begin; row < end; ++row) {
        std::size_t at = row * y.sample();
        for (std::size_t i = 0; i < y.height; ++i) {
          for (std::size_t j = 0; j < y.width; ++j, at += y.channels) f(row, i, j, at);
        }
      }
    });
  }

  // Of which an average is formed.
  double elements(std::size_t i, std::size_t j) const {
    if (count_padding) return static_cast<double>(window_part(0, i) * window_part(1, j));
    const auto covered = [](const Overlap& part, std::int64_t step) {
      const auto reach = static_cast<std::int64_t>(part.last) - static_cast<std::int64_t>(part.first);
      return std::max<std::int64_t>(0, (reach + step - 1) / step);
    };
    return static_cast<double>(covered(down[i], window.dilation[0]) * covered(across[j], window.dilation[1]));
  }

 private:
  // Places of the window along an axis that lie on the image or its padding.
  std::int64_t window_part(std::size_t axis, std::size_t i) const {
    const std::int64_t begin = static_cast<std::int64_t>(i) * window.stride[axis] - window.before[axis];
    const auto size = static_cast<std::int64_t>(axis == 0 ? x.height : x.width);
    return std::min(begin + window.kernel[axis], size + window.after[axis]) - begin;
  }
};

// Zero, where a gradient is about to be scattered.
template <class T>
void clear(Team& team, Sink<T> dx, std::size_t n) {
  if (dx.add) return;
  for_each_part(team, n, kGrain,
                [=](std::size_t begin, std::size_t end) { std::fill(dx.data + begin, dx.data + end, T{0}); });
}

template <class T>
void max_forward(Call& call) {
  const auto& pool = call.prepared<Pool>();
  const T* x = call.input<T>(0);
  T* y = call.value<T>();
  const std::size_t n = pool.x.channels;
  std::uint16_t* largest = pool.largest;
  pool.for_windows(call.team(), [&](std::size_t row, std::size_t i, std::size_t j, std::size_t at) {
    T* out = y + at;
    std::fill_n(out, n, -std::numeric_limits<T>::infinity());
    if (largest != nullptr) std::fill_n(largest + at, n, std::uint16_t{0});
    bool first = true;
    pool.for_window(row, i, j, [&](std::size_t element, std::size_t place) {
      const T* in = x + element;
      const auto number = static_cast<std::uint16_t>(place);
      if (largest == nullptr) {
        for (std::size_t c = 0; c < n; ++c)
          out[c] = first || (!(in[c] <= out[c]) && out[c] == out[c]) ? in[c] : out[c];
      } else {
        for (std::size_t c = 0; c < n; ++c) {
          const bool larger = first || (!(in[c] <= out[c]) && out[c] == out[c]);
          out[c] = larger ? in[c] : out[c];
          largest[at + c] = larger ? number : largest[at + c];
        }
      }
      first = false;
    });
  });
}

template <class T>
void max_backward(Call& call) {
  const auto& pool = call.prepared<Pool>();
  const T* dy = call.grad<T>();
  const Sink<T> dx = call.sink<T>(0);
  if (dx.data == nullptr) return;
  const std::size_t n = pool.x.channels;
  clear(call.team(), dx, pool.x.rows * pool.x.sample());
  pool.for_windows(call.team(), [&](std::size_t row, std::size_t i, std::size_t j, std::size_t at) {
    pool.for_window(row, i, j, [&](std::size_t element, std::size_t place) {
      T* to = dx.data + element;
      const auto number = static_cast<std::uint16_t>(place);
      for (std::size_t c = 0; c < n; ++c) to[c] += pool.largest[at + c] == number ? dy[at + c] : T{0};
    });
  });
}

template <class T>
void avg_forward(Call& call) {
  const auto& pool = call.prepared<Pool>();
  const T* x = call.input<T>(0);
  T* y = call.value<T>();
  const std::size_t n = pool.x.channels;
  pool.for_windows(call.team(), [&](std::size_t row, std::size_t i, std::size_t j, std::size_t at) {
    T* out = y + at;
    std::fill_n(out, n, T{0});
    pool.for_window(row, i, j, [&](std::size_t element, std::size_t) {
      for (std::size_t c = 0; c < n; ++c) out[c] += x[element + c];
    });
    const T share = static_cast<T>(1.0 / pool.elements(i, j));
    for (std::size_t c = 0; c < n; ++c) out[c] *= share;
  });
}

template <class T>
void avg_backward(Call& call) {
  const auto& pool = call.prepared<Pool>();
  const T* dy = call.grad<T>();
  const Sink<T> dx = call.sink<T>(0);
  if (dx.data == nullptr) return;
  const std::size_t n = pool.x.channels;
  clear(call.team(), dx, pool.x.rows * pool.x.sample());
  pool.for_windows(call.team(), [&](std::size_t row, std::size_t i, std::size_t j, std::size_t at) {
    const T share = static_cast<T>(1.0 / pool.elements(i, j));
    pool.for_window(row, i, j, [&](std::size_t element, std::size_t) {
      for (std::size_t c = 0; c < n; ++c) dx.data[element + c] += dy[at + c] * share;
    });
  });
}

constexpr Op kMax{{max_forward<float>, max_forward<double>}, {max_backward<float>, max_backward<double>}};
constexpr Op kAvg{{avg_forward<float>, avg_forward<double>}, {avg_backward<float>, avg_backward<double>}};

// Every window must cover some of the image, or it has no largest element.
void check_pool(std::string_view op, const Window& window) {
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const std::int64_t padding = std::max(window.before[axis], window.after[axis]);
    if (2 * padding <= window.dilation[axis] * (window.kernel[axis] - 1) + 1) continue;
    throw Error(Code::usage,
                {std::string(op), "the padding is more than half of the kernel",
                 std::to_string(padding) + " of " + std::to_string(window.kernel[axis]), "at most half", ""});
  }
  if (window.kernel[0] * window.kernel[1] <= UINT16_MAX) return;
  throw Error(Code::usage, {std::string(op), "the kernel is too large",
                            std::to_string(window.kernel[0] * window.kernel[1]) + " elements",
                            "at most 65535", "try the global form"});
}

Tensor pool_of(std::string_view name, const Op& op, Tape& tape, Tensor x, const Window& window,
               bool count_padding) {
  Tape::Impl& impl = tape.impl();
  const Images in = Images::of(name, impl.node(x).shape);
  check_window(name, window, static_cast<std::int64_t>(in.height), static_cast<std::int64_t>(in.width));
  check_pool(name, window);
  const std::size_t axes = impl.node(x).shape.size() - 2;
  Shape shape = moved_over(window, impl.node(x).shape, axes, static_cast<std::int64_t>(in.channels));
  const Images out = Images::of(name, shape);
  auto pool = std::make_unique<Pool>(window, in, out);
  pool->count_padding = count_padding;
  if (&op == &kMax && impl.passes == Passes::both)
    pool->largest =
        static_cast<std::uint16_t*>(impl.own.allocate(out.rows * out.sample() * sizeof(std::uint16_t)));
  x = channels_last(tape, x);
  return impl.add(op, {{x}}, std::move(shape), std::move(pool), MemoryOrder::channels_last);
}

// A window as large as the image, and the result without its one place.
Tensor global(Tape& tape, Tensor x, Tensor (*pool)(Tape&, Tensor, const Window&)) {
  const Images in = Images::of("global_pool", tape.shape(x));
  Window window;
  window.kernel = window.stride = {static_cast<std::int64_t>(in.height), static_cast<std::int64_t>(in.width)};
  return reshape(tape, pool(tape, x, window),
                 {static_cast<std::int64_t>(in.rows), static_cast<std::int64_t>(in.channels)});
}

// The layers.

constexpr Option kStride =
    sizes_option("stride", "", kWindowSizes,
                 "distance between two places of the window; the kernel where it is not given");

constexpr Option kMaxOptions[] = {
    kKernelOption,
    kStride,
    kPaddingOption,
    sizes_option("dilation", "1", kWindowSizes, "distance between two elements of the window"),
};

constexpr Option kAvgOptions[] = {
    kKernelOption,
    kStride,
    kPaddingOption,
    flag_option("count_padding", "true", "whether the zeros of the padding count as elements of a mean"),
};

template <const auto& kTable>
Window window_in(std::string_view layer, std::size_t axes, const Settings& settings, const Shape& sample) {
  WindowSettings window{&option<kTable, "kernel">(settings), &option<kTable, "stride">(settings),
                        &option<kTable, "padding">(settings), nullptr};
  if constexpr (&kTable == &kMaxOptions) window.dilation = &option<kTable, "dilation">(settings);
  const Window found = window_of(layer, axes, window, sample);
  check_pool(layer, found);
  return found;
}

template <const auto& kTable, Literal name, std::size_t axes>
constexpr Layer layer_of(Spec spec) {
  return {
      .spec = spec,
      .plan =
          [](const Settings& settings, const Shape& sample, std::vector<Weight>&) {
            return moved_over(window_in<kTable>(name.view(), axes, settings, sample), sample, axes,
                              sample.front());
          },
      .record =
          [](Tape& tape, Tensor x, const Settings& settings, std::span<const Tensor>) {
            const Shape& shape = tape.shape(x);
            const Window window =
                window_in<kTable>(name.view(), axes, settings, {shape.begin() + 1, shape.end()});
            if constexpr (&kTable == &kMaxOptions) {
              return max_pool(tape, x, window);
            } else {
              return avg_pool(tape, x, window, std::get<bool>(option<kTable, "count_padding">(settings)));
            }
          },
      .passes_signs = true,
      .takes_images = true,
  };
}

constexpr Option kGlobalOptions[] = {
    choice_option("form", "avg|max", "avg", "the mean of a channel, or its largest")};

bool is_max(const Settings& settings) {
  return std::get<std::string>(option<kGlobalOptions, "form">(settings)) == "max";
}

Shape plan_global(const Settings&, const Shape& sample, std::vector<Weight>&) {
  if (sample.size() == 2 || sample.size() == 3) return {sample.front()};
  throw Error(Code::usage, {"global_pool", "a sample has the wrong shape", print_shape(sample),
                            "channels x height x width, or channels x width", ""});
}

Tensor record_global(Tape& tape, Tensor x, const Settings& settings, std::span<const Tensor>) {
  return is_max(settings) ? global_max_pool(tape, x) : global_avg_pool(tape, x);
}

constexpr std::string_view kMaxFormula = R"(
y[c,i,j] = max over u, v of x[c, i s - p + u d, j s - p + v d], padding being -infinity
dx gets dy at the first of the largest elements of each window
s stride, p padding, d dilation, u and v over the kernel)";
constexpr std::string_view kAvgFormula = R"(
y[c,i,j]  = 1/n sum over u, v of x[c, i s - p + u, j s - p + v], the padding being 0
dx[c,k,l] = sum of dy[c,i,j] / n over the windows that hold it
n elements of the window, or of what of it lies on the image; s stride, p padding)";

}  // namespace

Tensor max_pool(Tape& tape, Tensor x, const Window& window) {
  return pool_of("max_pool", kMax, tape, x, window, true);
}

Tensor avg_pool(Tape& tape, Tensor x, const Window& window, bool count_padding) {
  if (window.dilation != Window::Pair{1, 1}) {
    throw Error(Code::usage, {"avg_pool", "a mean has no dilation", "dilation above 1", "1", ""});
  }
  return pool_of("avg_pool", kAvg, tape, x, window, count_padding);
}

Tensor global_avg_pool(Tape& tape, Tensor x) {
  return global(tape, x, [](Tape& on, Tensor of, const Window& window) { return avg_pool(on, of, window); });
}

Tensor global_max_pool(Tape& tape, Tensor x) {
  return global(tape, x, [](Tape& on, Tensor of, const Window& window) { return max_pool(on, of, window); });
}

extern constinit const Layer max_pool_layer = layer_of<kMaxOptions, "max_pool", 2>(
    {.name = "max_pool",
     .doc = "the largest element of each window of {channels, height, width}",
     .source = "Zhou and Chellappa 1988; Ranzato et al. 2007, doi:10.1109/CVPR.2007.383157",
     .options = kMaxOptions,
     .formula = kMaxFormula});

extern constinit const Layer max_pool1d_layer =
    layer_of<kMaxOptions, "max_pool1d", 1>({.name = "max_pool1d",
                                            .doc = "the largest element of each window of {channels, width}",
                                            .source = "Zhou and Chellappa 1988",
                                            .options = kMaxOptions,
                                            .formula = kMaxFormula});

extern constinit const Layer avg_pool_layer =
    layer_of<kAvgOptions, "avg_pool", 2>({.name = "avg_pool",
                                          .doc = "the mean of each window of {channels, height, width}",
                                          .source = "LeCun et al. 1989, doi:10.1162/neco.1989.1.4.541",
                                          .options = kAvgOptions,
                                          .formula = kAvgFormula});

extern constinit const Layer avg_pool1d_layer =
    layer_of<kAvgOptions, "avg_pool1d", 1>({.name = "avg_pool1d",
                                            .doc = "the mean of each window of {channels, width}",
                                            .source = "LeCun et al. 1989, doi:10.1162/neco.1989.1.4.541",
                                            .options = kAvgOptions,
                                            .formula = kAvgFormula});

extern constinit const Layer global_pool_layer{
    .spec = {.name = "global_pool",
             .doc = "the mean, or the largest element, of each channel",
             .source = "Lin et al. 2013, arXiv:1312.4400",
             .options = kGlobalOptions,
             .formula = R"(
y[c]     = 1/n sum over i, j of x[c,i,j], or max over i, j of x[c,i,j] (form=max)
dx[c,i,j] = dy[c] / n, or dy[c] at the first of the largest elements and 0 elsewhere
n places of a channel)"},
    .plan = plan_global,
    .record = record_global,
    .takes_images = true,
};

}  // namespace thalweg
