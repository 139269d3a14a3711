// Pools: max_pool, avg_pool and their global forms, over images with their channels last.
#include <algorithm>
#include <limits>
#include <string>

#include "base/threads.h"
#include "kernels/images.h"
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

// Windows of a row of outputs that cover as many elements, next to each other.
struct PlacedRun {
  std::size_t row = 0, first = 0, windows = 0;  // of the outputs
  std::ptrdiff_t begin = 0;                     // of the first window, from the begin of the sample
  std::vector<std::ptrdiff_t> elements = {};
  std::vector<std::uint16_t> numbers = {};
  double counted = 1;  // elements of which an average is formed
};

struct Pool : Prepared {
  Window window;
  Images x, y;
  std::vector<PlacedRun> runs;
  bool partition = false;            // every element is in one window
  std::uint16_t* largest = nullptr;  // which place of its window an output of max_pool is

  Pool(const Window& moved, const Images& in, const Images& out, bool count_padding);

  // Calls f(run, first element of x, first element of y) for every run of every sample, rows shared among
  // threads.
  template <class F>
  void for_runs(Team& team, const F& f) const {
    const std::size_t grain = std::max<std::size_t>(1, kGrain / std::max<std::size_t>(1, x.sample()));
    for_each_part(team, x.rows, grain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t row = begin; row < end; ++row) {
        for (const PlacedRun& run : runs) {
          const WindowRun placed{run.elements, run.numbers, run.windows,
                                 window.stride[1] * static_cast<std::ptrdiff_t>(x.channels), x.channels};
          const auto at = static_cast<std::ptrdiff_t>(row * x.sample()) + run.begin;
          f(placed, run, at, row * y.sample() + (run.row * y.width + run.first) * y.channels);
        }
      }
    });
  }

 private:
  void add_runs(std::size_t i, const Overlap& down, const std::vector<Overlap>& across, bool count_padding);
  double counted(std::size_t i, std::size_t j, std::size_t covered, bool count_padding) const;
};

Pool::Pool(const Window& moved, const Images& in, const Images& out, bool count_padding)
    : window(moved), x(in), y(out) {
  const std::vector<Overlap> down = overlaps(window, 0, x.height, y.height);
  const std::vector<Overlap> across = overlaps(window, 1, x.width, y.width);
  for (std::size_t i = 0; i < y.height; ++i) add_runs(i, down[i], across, count_padding);
  std::size_t covered = 0;
  for (const PlacedRun& run : runs) covered += run.elements.size() * run.windows;
  const bool apart = window.stride[0] >= window.kernel[0] && window.stride[1] >= window.kernel[1];
  partition = apart && window.dilation == Window::Pair{1, 1} && covered == x.places();
}

// Along one axis: elements of the window from `place` on lie at first, first + dilation, ... < last.
void Pool::add_runs(std::size_t i, const Overlap& down, const std::vector<Overlap>& across,
                    bool count_padding) {
  const auto step_down = static_cast<std::size_t>(window.dilation[0]);
  const auto step_across = static_cast<std::size_t>(window.dilation[1]);
  const auto reach = [](const Overlap& part) { return part.last - std::min(part.first, part.last); };
  for (std::size_t j = 0; j < y.width;) {
    PlacedRun run{.row = i, .first = j};
    const auto begin = static_cast<std::ptrdiff_t>(down.first * x.width + across[j].first);
    run.begin = begin * static_cast<std::ptrdiff_t>(x.channels);
    std::size_t line = down.place;
    for (std::size_t u = down.first; u < down.last; u += step_down, ++line) {
      std::size_t number = line * static_cast<std::size_t>(window.kernel[1]) + across[j].place;
      for (std::size_t v = across[j].first; v < across[j].last; v += step_across, ++number) {
        const auto place = static_cast<std::ptrdiff_t>(u * x.width + v) - begin;
        run.elements.push_back(place * static_cast<std::ptrdiff_t>(x.channels));
        run.numbers.push_back(static_cast<std::uint16_t>(number));
      }
    }
    run.counted = counted(i, j, run.elements.size(), count_padding);
    std::size_t next = j + 1;
    while (next < y.width && across[next].place == across[j].place &&
           reach(across[next]) == reach(across[j]) &&
           across[next].first == across[next - 1].first + static_cast<std::size_t>(window.stride[1]) &&
           counted(i, next, run.elements.size(), count_padding) == run.counted)
      ++next;
    run.windows = next - j;
    runs.push_back(std::move(run));
    j = next;
  }
}

// Elements of which an average is formed: those that are covered, or all that lie on the image or its
// padding.
double Pool::counted(std::size_t i, std::size_t j, std::size_t covered, bool count_padding) const {
  if (!count_padding) return static_cast<double>(covered);
  const auto along = [&](std::size_t axis, std::size_t place, std::size_t size) {
    const std::int64_t begin = static_cast<std::int64_t>(place) * window.stride[axis] - window.before[axis];
    return std::min(begin + window.kernel[axis], static_cast<std::int64_t>(size) + window.after[axis]) -
           begin;
  };
  return static_cast<double>(along(0, i, x.height) * along(1, j, x.width));
}

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
  pool.for_runs(call.team(), [&](const WindowRun& run, const PlacedRun&, std::ptrdiff_t in, std::size_t out) {
    image_kernels<T>().max(run, x + in, y + out, pool.largest != nullptr ? pool.largest + out : nullptr);
  });
}

template <class T>
void max_backward(Call& call) {
  const auto& pool = call.prepared<Pool>();
  const T* dy = call.grad<T>();
  const Sink<T> dx = call.sink<T>(0);
  if (dx.data == nullptr) return;
  const bool add = dx.add || !pool.partition;
  if (add) clear(call.team(), dx, pool.x.rows * pool.x.sample());
  pool.for_runs(call.team(), [&](const WindowRun& run, const PlacedRun&, std::ptrdiff_t in, std::size_t out) {
    image_kernels<T>().max_gradient(run, dy + out, pool.largest + out, dx.data + in, add);
  });
}

template <class T>
void avg_forward(Call& call) {
  const auto& pool = call.prepared<Pool>();
  const T* x = call.input<T>(0);
  T* y = call.value<T>();
  pool.for_runs(call.team(),
                [&](const WindowRun& run, const PlacedRun& placed, std::ptrdiff_t in, std::size_t out) {
                  image_kernels<T>().mean(run, x + in, static_cast<T>(1.0 / placed.counted), y + out);
                });
}

template <class T>
void avg_backward(Call& call) {
  const auto& pool = call.prepared<Pool>();
  const T* dy = call.grad<T>();
  const Sink<T> dx = call.sink<T>(0);
  if (dx.data == nullptr) return;
  clear(call.team(), dx, pool.x.rows * pool.x.sample());
  pool.for_runs(
      call.team(), [&](const WindowRun& run, const PlacedRun& placed, std::ptrdiff_t in, std::size_t out) {
        image_kernels<T>().mean_gradient(run, dy + out, static_cast<T>(1.0 / placed.counted), dx.data + in);
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
  auto pool = std::make_unique<Pool>(window, in, out, count_padding);
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

// The padding is an operator of its own - ONNX's runtimes bound that of a pool -, but for a mean without it.
template <const auto& kTable>
std::string describe(std::string_view layer, std::size_t axes, Graph& graph, const GraphPlace& at) {
  constexpr bool kIsMax = &kTable == &kMaxOptions;
  const Window window = window_in<kTable>(layer, axes, at.settings, at.input);
  bool counted = true;
  if constexpr (!kIsMax) counted = std::get<bool>(option<kTable, "count_padding">(at.settings));
  std::string x = at.x;
  if (counted && (window.before != Window::Pair{} || window.after != Window::Pair{})) {
    std::vector<std::int64_t> pads(2 * (axes + 2));
    for (std::size_t i = 0; i < axes; ++i) {
      pads[2 + i] = window.before[2 - axes + i];
      pads[axes + 4 + i] = window.after[2 - axes + i];
    }
    const std::string sizes = graph.constant(Shape{static_cast<std::int64_t>(pads.size())}, pads);
    x = graph.add("Pad", {x, sizes, graph.number(kIsMax ? -std::numeric_limits<double>::infinity() : 0)});
  }
  return graph.add(kIsMax ? "MaxPool" : "AveragePool", {x}, attributes_of(window, axes, !counted, kIsMax));
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
      .takes_images = true,
      .describe = [](Graph& graph,
                     const GraphPlace& at) { return describe<kTable>(name.view(), axes, graph, at); },
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
    .describe =
        [](Graph& graph, const GraphPlace& at) {
          return graph.add("Flatten",
                           {graph.add(is_max(at.settings) ? "GlobalMaxPool" : "GlobalAveragePool", {at.x})});
        },
};

}  // namespace thalweg
