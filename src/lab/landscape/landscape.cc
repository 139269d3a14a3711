// The ways of optimizers over a function of one or two numbers.
#include "thalweg/lab/landscape.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/spec.h"
#include "base/text.h"
#include "draw/drawing.h"
#include "thalweg/chain.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

using page::Limits;

constexpr double kMargin = 0.12;      // around what must be seen, in its size
constexpr double kMostGrowth = 1;     // of the picture for paths, in its size to each side
constexpr double kUnknownGrowth = 4;  // the same where no minimum is known

// Grows to hold numbers, but by no more than `most` on each side.
void grow(Limits& span, const std::vector<double>& numbers, double most) {
  const double low = span.lo - most, high = span.hi + most;
  for (const double number : numbers) {
    if (std::isfinite(number)) span.add(std::clamp(number, low, high));
  }
}

void check_range(const PlaneRange& range) {
  const double span_x = range.x_high - range.x_low, span_y = range.y_high - range.y_low;
  const bool good = std::isfinite(span_x) && std::isfinite(span_y) && span_x > 0 && span_y > 0;
  if (good) return;
  throw Error(Code::usage, {"landscape", "the range is empty or not finite",
                            fmt::format("{} {} {} {}", range.x_low, range.x_high, range.y_low, range.y_high),
                            "x from, x to, y from, y to, such as -2 2 -1 3", ""});
}

void check(const Problem& problem, const FunctionLandscapeOptions& options) {
  if (problem.dimension() > 2) {
    throw Error(Code::usage, {"landscape", "not a function of one or two numbers", "`" + problem.text() + "`",
                              "one or two dimensions", "try rosenbrock, or `descend` for this one"});
  }
  if (options.points < 2 || options.points > 1000) {
    throw Error(Code::usage,
                {"landscape", "points are out of range", std::to_string(options.points), "2 to 1000", ""});
  }
  if (options.epochs > 0 && options.batches.empty()) {
    throw Error(Code::usage, {"landscape", "epochs without batches", std::to_string(options.epochs),
                              "the batches that they are passed over in", "try batches 1, 8 and full"});
  }
  if (options.range) check_range(*options.range);
}

std::vector<double> coordinates(const std::vector<SurfacePath>& paths, double PlanePoint::*which) {
  std::vector<double> out;
  for (const SurfacePath& path : paths) {
    for (const PlanePoint& point : path.points) out.push_back(point.*which);
  }
  return out;
}

// What must be seen along one axis: start and minima.
Limits needed(const Problem& problem, std::span<const double> start, std::size_t i) {
  Limits span;
  span.add(start[i]);
  for (const std::vector<double>& minimum : problem.minima()) span.add(minimum[i]);
  if (problem.minima().empty()) span.add(0);
  const double least = 0.5 * std::max(1.0, std::abs(start[i]));
  return span.size() < least ? Limits{span.lo - least / 2, span.hi + least / 2} : span;
}

// Neither axis is shorter than half of the other.
void balance(Limits& a, Limits& b) {
  for (const auto& [small, large] : {std::pair(&a, &b), std::pair(&b, &a)}) {
    const double missing = large->size() / 2 - small->size();
    if (missing > 0) *small = {small->lo - missing / 2, small->hi + missing / 2};
  }
}

// With paths, as far as they may enlarge it, and a margin, within the region.
Limits seen(const Problem& problem, Limits span, std::size_t i, const std::vector<double>& ways) {
  grow(span, ways, (problem.minima().empty() ? kUnknownGrowth : kMostGrowth) * span.size());
  const double margin = kMargin * span.size();
  span = {span.lo - margin, span.hi + margin};
  if (problem.low().empty()) return span;
  const Limits inside{std::max(span.lo, problem.low()[i]), std::min(span.hi, problem.high()[i])};
  return inside.size() > 0 ? inside : span;
}

PlaneRange range_of(const Problem& problem, std::span<const double> start,
                    const std::vector<SurfacePath>& paths) {
  Limits x = needed(problem, start, 0), y = needed(problem, start, 1);
  balance(x, y);
  x = seen(problem, x, 0, coordinates(paths, &PlanePoint::x));
  y = seen(problem, y, 1, coordinates(paths, &PlanePoint::y));
  balance(x, y);
  const PlaneRange range{x.lo, x.hi, y.lo, y.hi};
  check_range(range);
  return range;
}

// Of a function of one number: its values over x, and as much of y as they and the paths take.
Surface curve_of(const Problem& problem, std::span<const double> start, const std::vector<SurfacePath>& paths,
                 const FunctionLandscapeOptions& options) {
  PlaneRange range;
  if (options.range) {
    range = *options.range;
  } else {
    const Limits x = seen(problem, needed(problem, start, 0), 0, coordinates(paths, &PlanePoint::x));
    range.x_low = x.lo, range.x_high = x.hi;
  }
  Surface out{range, options.points, 1, {}};
  Limits y;
  for (std::size_t i = 0; i < options.points; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(options.points - 1);
    const double x = std::lerp(range.x_low, range.x_high, share);
    out.values.push_back(problem.value(std::span(&x, 1)));
    if (std::isfinite(out.values.back())) y.add(out.values.back());
  }
  if (options.range) return out;
  const double margin = y.size() > 0 ? kMargin * y.size() / 2 : 0.5;
  out.range.y_low = y.lo - margin, out.range.y_high = y.hi + margin;
  check_range(out.range);
  return out;
}

Surface surface_of(const Problem& problem, const PlaneRange& range, std::size_t points) {
  Surface out{range, points, points, {}};
  out.values.reserve(points * points);
  const double last = static_cast<double>(points - 1);
  for (std::size_t j = 0; j < points; ++j) {
    const double y = std::lerp(range.y_low, range.y_high, static_cast<double>(j) / last);
    for (std::size_t i = 0; i < points; ++i) {
      const double x = std::lerp(range.x_low, range.x_high, static_cast<double>(i) / last);
      out.values.push_back(problem.value(std::vector<double>{x, y}));
    }
  }
  return out;
}

// Of one pass over the samples.
std::uint64_t updates_per_epoch(const Problem& problem, std::uint64_t batch) {
  const std::uint64_t samples = problem.samples() > 0 ? problem.samples() : DescendOptions::kNoisySamples;
  return batch == 0 ? 1 : (samples + batch - 1) / batch;
}

SurfacePath way(const Problem& problem, const std::string& chain, const DescendOptions& options,
                bool name_batch) {
  const Descent descent = descend(problem, Chain(chain), options);
  SurfacePath path{chain, descent.optimizer, {}, descent.losses, descent.distances, {}, descent.diverged};
  if (name_batch) {
    path.name += options.batch == 0 ? ", full batch" : ", batch " + std::to_string(options.batch);
  }
  path.rates = descent.rates;
  if (name_batch) path.per_epoch = updates_per_epoch(problem, options.batch);
  if (problem.minima().empty()) path.distances.clear();
  const std::size_t n = problem.dimension();
  for (std::size_t k = 0; k < descent.losses.size(); ++k) {
    path.points.push_back({descent.path[n * k], n == 1 ? descent.losses[k] : descent.path[n * k + 1]});
  }
  return path;
}

std::string subtitle(const Problem& problem, const FunctionLandscapeOptions& options,
                     std::span<const double> start) {
  const std::string place = print_number(start[0]);
  std::string out =
      fmt::format("{} from {}.",
                  options.epochs > 0 ? fmt::format("{} passes over the samples", options.epochs)
                                     : fmt::format("{} updates", options.descend.updates),
                  start.size() == 1 ? place : "(" + place + ", " + print_number(start[1]) + ")");
  if (problem.minima().empty()) return out += " Its minima are not known.";
  const std::size_t n = problem.minima().size();
  return out + fmt::format(" {} {}.", n == 1 ? "The minimum is" : "The " + std::to_string(n) + " minima are",
                           fmt::format("{:.6g}", problem.minimum()));
}

std::string noise_text(const Problem& problem, const FunctionLandscapeOptions& options) {
  std::string out;
  const bool batches = std::ranges::any_of(options.batches, [](std::uint64_t batch) { return batch > 0; });
  const std::vector<double>& each = options.descend.noise;
  const std::string noise = join(each, " and ", print_number);
  if (batches && problem.samples() > 0) {
    out = fmt::format(" A batch is drawn from {} samples, each once an epoch.", problem.samples());
  } else if (batches) {
    out = fmt::format(
        " A batch is drawn from {} samples, with noise of standard deviation {} in each gradient.",
        DescendOptions::kNoisySamples, noise);
  }
  if (std::ranges::any_of(each, [](double one) { return one > 0; }) && (!batches || problem.samples() > 0)) {
    out += fmt::format(" Noise of standard deviation {} is added to each gradient.", noise);
  }
  return out;
}

}  // namespace

Landscape function_landscape(const Problem& problem, std::span<const std::string> chains,
                             const FunctionLandscapeOptions& options) {
  check(problem, options);
  DescendOptions descent = options.descend;
  descent.until_diverged = true;
  const std::span<const double> start = descent.start.empty() ? problem.start() : descent.start;
  Landscape out;
  out.title = problem.text();
  const bool curve = problem.dimension() == 1;
  out.x_name = problem.names().front();
  out.y_name = curve ? "loss" : problem.names().back();
  out.least = problem.minimum();
  for (const std::vector<double>& minimum : problem.minima())
    out.minima.push_back({minimum[0], curve ? problem.minimum() : minimum[1]});
  const std::vector<std::uint64_t> full = {0};
  for (const std::string& chain : chains) {
    for (const std::uint64_t batch : options.batches.empty() ? full : options.batches) {
      descent.batch = batch;
      if (options.epochs > 0) descent.updates = options.epochs * updates_per_epoch(problem, batch);
      out.paths.push_back(way(problem, chain, descent, !options.batches.empty()));
    }
  }
  out.by_epochs = options.epochs > 0;
  out.subtitle = subtitle(problem, options, start) + noise_text(problem, options);
  if (curve) {
    out.surface = curve_of(problem, start, out.paths, options);
    return out;
  }
  out.surface = surface_of(problem, options.range ? *options.range : range_of(problem, start, out.paths),
                           options.points);
  return out;
}

}  // namespace thalweg
