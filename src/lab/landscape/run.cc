// The loss of a run's model on a plane through its weights.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "base/file.h"
#include "base/jobs.h"
#include "base/random.h"
#include "base/spec.h"
#include "matrix/eigen.h"
#include "problems/normal.h"
#include "run/config.h"
#include "run/folder.h"
#include "run/weights/load_weights.h"
#include "thalweg/error.h"
#include "thalweg/lab/landscape.h"
#include "thalweg/run.h"

namespace thalweg {
namespace {

using Vector = std::vector<float>;  // all parameters, one after the other

constexpr std::size_t kMostCheckpoints = 100;
constexpr double kMargin = 0.3;  // around the path, in its size

Vector weights_of(const Params& params) {
  Vector out;
  for (const Parameter& parameter : params) {
    const std::span<const float> value = parameter.value<float>();
    out.insert(out.end(), value.begin(), value.end());
  }
  return out;
}

// A model that is evaluated on one thread, with any weights.
class Evaluator {
 public:
  Evaluator(const RunConfig& config, const Dataset& data)
      : model_(config.model, inputs_of(data, config.model)),
        loss_(config.loss),
        stands_still_(model_.params(), Chain("lr(0)")),
        trainer_(model_, loss_, stands_still_, data,
                 {.batch = static_cast<std::size_t>(config.batch.value_or(0)),
                  .accumulate = static_cast<std::size_t>(config.accumulate),
                  .seed = config.seed}) {}

  Module& model() { return model_; }

  double loss(const Vector& weights, const Samples& samples) {
    auto from = weights.begin();
    for (Parameter& parameter : model_.params()) {
      const std::span<float> value = parameter.value<float>();
      std::copy_n(from, value.size(), value.begin());
      from += static_cast<std::ptrdiff_t>(value.size());
    }
    const double loss = trainer_.evaluate(samples).loss + loss_.penalty(model_.params());
    return std::isfinite(loss) ? loss : NAN;
  }

 private:
  Module model_;
  Loss loss_;
  Optimizer stands_still_;
  Trainer trainer_;
};

// A run, and the samples that it is looked at with.
struct Landform {
  Landform(const std::filesystem::path& run, const RunLandscapeOptions& options)
      : directory(run),
        config(read_config(run / "config.toml")),
        data(load_dataset(config.data, config.seed, read_text_file(run / "encoding.json"),
                          config.rows.parts)) {
    for (int i = 0; i < std::max(1, options.threads); ++i) {
      evaluators.push_back(std::make_unique<Evaluator>(config, data));
    }
    const std::size_t all = data.train.size();
    if (options.samples == 0 || options.samples >= all) return;
    std::vector<std::uint32_t> rows = Random(options.seed, Purpose::replacement, 0).permutation(all);
    rows.resize(static_cast<std::size_t>(options.samples));
    std::ranges::sort(rows);
    chosen = data.train.subset(rows);
  }

  Module& model() const { return evaluators.front()->model(); }
  Params& params() const { return model().params(); }
  int threads() const { return static_cast<int>(evaluators.size()); }
  const Samples& samples() const { return chosen.size() > 0 ? chosen : data.train; }

  Vector initial() {
    model().initialise(config.seed);
    load_initial_weights(config, model().params());
    return weights_of(params());
  }

  // Of the newest whole checkpoint; `updates` made them.
  Vector last(std::uint64_t& updates) {
    std::vector<std::string> notes;
    const LoadedWeights weights = load_weights(directory, "last", model(), notes, {&data, threads()});
    updates = weights.updates();
    return weights_of(params());
  }

  // Of a checkpoint file; nothing of one that is damaged.
  std::optional<Vector> of(const std::filesystem::path& checkpoint) {
    try {
      const LoadedWeights weights(checkpoint, model(), {&data, threads()});
      return weights_of(params());
    } catch (const Error& error) {
      if (error.code() != Code::data) throw;
      return std::nullopt;
    }
  }

  double loss(const Vector& weights) { return evaluators.front()->loss(weights, samples()); }

  // The losses of n weights, each made and evaluated by one thread. Each is the same for any number of them.
  std::vector<double> losses(std::size_t n, const std::function<void(std::size_t i, Vector& out)>& make) {
    std::vector<double> out(n);
    std::atomic<std::size_t> next = 0;
    in_parallel(evaluators.size(), static_cast<int>(evaluators.size()), [&](std::size_t me) {
      Vector weights(params().elements());
      for (std::size_t i; (i = next++) < n;) {
        make(i, weights);
        out[i] = evaluators[me]->loss(weights, samples());
      }
    });
    return out;
  }

  std::filesystem::path directory;
  RunConfig config;
  Dataset data;
  Samples chosen;  // none: all
  std::vector<std::unique_ptr<Evaluator>> evaluators;
};

// Normal numbers in `column` of a matrix {..., columns}, of the norm of that column of the weights.
void fill_column(const Random& random, std::span<const float> weights, std::size_t columns,
                 std::size_t column, std::span<float> out) {
  double weight = 0, length = 0;
  for (std::size_t i = column; i < out.size(); i += columns) {
    const double number = normal(random, i);
    out[i] = static_cast<float>(number);
    weight += static_cast<double>(weights[i]) * weights[i];
    length += number * number;
  }
  const double factor = length > 0 ? std::sqrt(weight / length) : 0;
  for (std::size_t i = column; i < out.size(); i += columns) {
    out[i] = static_cast<float>(out[i] * factor);
  }
}

Vector random_direction(const Params& params, const Vector& centre, std::uint64_t seed, std::uint64_t which) {
  Vector out(centre.size());
  std::size_t at = 0, number = 0;
  for (const Parameter& parameter : params) {
    const Random random(seed, Purpose::init, 2 * number++ + which);
    const bool moves = parameter.shape().size() >= 2 && parameter.role() != Role::norm;
    const std::size_t columns = moves ? static_cast<std::size_t>(parameter.shape().back()) : 0;
    for (std::size_t column = 0; column < columns; ++column) {
      fill_column(random, std::span(centre).subspan(at, parameter.size()), columns, column,
                  std::span(out).subspan(at, parameter.size()));
    }
    at += parameter.size();
  }
  return out;
}

struct Plane {
  Vector origin, x, y;
};

Surface surface_of(Landform& land, const Plane& plane, const PlaneRange& range, std::size_t points) {
  Surface out{range, points, points, {}};
  const double last = static_cast<double>(points - 1);
  out.values = land.losses(points * points, [&](std::size_t i, Vector& weights) {
    const double a = std::lerp(range.x_low, range.x_high, static_cast<double>(i % points) / last);
    const double b = std::lerp(range.y_low, range.y_high, static_cast<double>(i / points) / last);
    for (std::size_t k = 0; k < weights.size(); ++k) {
      weights[k] = static_cast<float>(plane.origin[k] + a * plane.x[k] + b * plane.y[k]);
    }
  });
  return out;
}

std::string samples_text(const Landform& land, std::uint64_t seed) {
  const std::string all = std::to_string(land.data.train.size());
  if (land.samples().size() == land.data.train.size())
    return "Mean loss over all " + all + " training samples.";
  return fmt::format("Mean loss over {} of {} training samples, drawn with seed {}.", land.samples().size(),
                     all, seed);
}

Landscape named(const Landform& land) {
  Landscape out;
  const std::filesystem::path path = std::filesystem::absolute(land.directory).lexically_normal();
  out.title = "Loss surface of run " + run_name(land.config, path);
  out.least = NAN;
  return out;
}

Landscape random_plane(Landform& land, const RunLandscapeOptions& options) {
  std::uint64_t updates = 0;
  Plane plane{land.last(updates), {}, {}};
  plane.x = random_direction(land.params(), plane.origin, options.seed, 0);
  plane.y = random_direction(land.params(), plane.origin, options.seed, 1);
  Landscape out = named(land);
  out.subtitle = fmt::format(
      "{} on {}, after {} updates. Two random directions, each unit's scaled to its weights, seed "
      "{}. {}",
      land.model().text(), land.data.text, updates, options.seed, samples_text(land, options.seed));
  out.x_name = "first random direction";
  out.y_name = "second random direction";
  const double r = options.radius;
  const double loss = land.loss(plane.origin);
  out.surface = surface_of(land, plane, {-r, r, -r, r}, options.points);
  out.paths.push_back({"trained weights", "", {{0, 0}}, {loss}, {}, {updates}, false});
  return out;
}

struct Stand {
  std::uint64_t updates;
  Vector weights;
};

// Initial weights, then those of every whole checkpoint in order, evenly thinned, the last always among them.
std::vector<Stand> stands_of(Landform& land) {
  std::set<std::uint64_t> updates;
  for (const Kept kept : {Kept::always, Kept::newest}) {
    for (const std::uint64_t n : checkpoints(land.directory, kept)) updates.insert(n);
  }
  const std::vector<std::uint64_t> all(updates.begin(), updates.end());
  const std::size_t stride = (all.size() + kMostCheckpoints - 1) / kMostCheckpoints;
  std::vector<Stand> out = {{0, land.initial()}};
  for (std::size_t i = 0; i < all.size(); ++i) {
    if ((all.size() - 1 - i) % stride != 0) continue;
    for (const Kept kept : {Kept::newest, Kept::always}) {
      const std::filesystem::path path = checkpoint_path(land.directory, all[i], kept);
      std::optional<Vector> weights;
      if (std::filesystem::exists(path)) weights = land.of(path);
      if (!weights) continue;
      if (all[i] > 0) out.push_back({all[i], std::move(*weights)});
      break;
    }
  }
  return out;
}

double product(const Vector& a, const Vector& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

Vector minus(const Vector& a, const Vector& b) {
  Vector out(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) out[i] = a[i] - b[i];
  return out;
}

// The k-th principal direction of the differences, of length 1; it points from the first to the last.
Vector direction(const std::vector<Vector>& differences, const Eigen& eigen, std::size_t k) {
  std::vector<double> sum(differences.front().size());
  for (std::size_t i = 0; i < differences.size(); ++i) {
    for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += eigen.vectors[k][i] * differences[i][j];
  }
  double squares = 0, ahead = 0;
  for (std::size_t j = 0; j < sum.size(); ++j) {
    squares += sum[j] * sum[j];
    ahead += sum[j] * differences.front()[j];
  }
  const double factor = (ahead > 0 ? -1 : 1) / std::sqrt(squares);
  Vector out(sum.size());
  for (std::size_t j = 0; j < sum.size(); ++j) out[j] = static_cast<float>(factor * sum[j]);
  return out;
}

PlaneRange around(const std::vector<PlanePoint>& points) {
  PlaneRange range{0, 0, 0, 0};
  for (const PlanePoint& p : points) {
    range = {std::min(range.x_low, p.x), std::max(range.x_high, p.x), std::min(range.y_low, p.y),
             std::max(range.y_high, p.y)};
  }
  const double x = range.x_high - range.x_low, y = std::max(range.y_high - range.y_low, x / 2);
  const double middle = (range.y_low + range.y_high) / 2;
  return {range.x_low - kMargin * x, range.x_high + kMargin * x, middle - (0.5 + kMargin) * y,
          middle + (0.5 + kMargin) * y};
}

Landscape path_plane(Landform& land, const RunLandscapeOptions& options) {
  std::vector<Stand> stands = stands_of(land);
  std::vector<Vector> differences;
  for (const Stand& stand : stands) differences.push_back(minus(stand.weights, stands.back().weights));
  const std::size_t n = stands.size();
  std::vector<double> gram(n * n);
  for (std::size_t i = 0; i < n * n; ++i) gram[i] = product(differences[i / n], differences[i % n]);
  const Eigen eigen = symmetric_eigen(std::move(gram), n);
  if (n < 3 || !(eigen.values[1] > 1e-12 * eigen.values[0])) {
    throw Error(Code::data, {land.directory.string(), "too few different weights for a plane",
                             std::to_string(n) + " with the initial ones",
                             "at least 3 that do not lie on a line", "train with --checkpoint-every 1ep"});
  }
  double all = 0;
  for (const double value : eigen.values) all += std::max(value, 0.0);
  const Plane plane{stands.back().weights, direction(differences, eigen, 0),
                    direction(differences, eigen, 1)};
  Landscape out = named(land);
  SurfacePath path{"checkpoints", "", {}, {}, {}, {}, false};
  for (std::size_t i = 0; i < n; ++i) {
    path.points.push_back({product(differences[i], plane.x), product(differences[i], plane.y)});
    path.losses.push_back(land.loss(stands[i].weights));
    path.updates.push_back(stands[i].updates);
  }
  const auto share = [&](std::size_t k) { return fmt::format("{:.1f} %", 100 * eigen.values[k] / all); };
  out.subtitle = fmt::format(
      "{} on {}, from its initial weights through {} checkpoints to update {}, projected on the plane; the "
      "losses of the path are those of the weights themselves. {}",
      land.model().text(), land.data.text, n - 1, stands.back().updates, samples_text(land, options.seed));
  out.x_name = "first principal direction (" + share(0) + ")";
  out.y_name = "second principal direction (" + share(1) + ")";
  out.surface = surface_of(land, plane, around(path.points), options.points);
  out.paths.push_back(std::move(path));
  return out;
}

void check(const RunLandscapeOptions& options) {
  if (options.points < 2 || options.points > 1000) {
    throw Error(Code::usage,
                {"landscape", "points are out of range", std::to_string(options.points), "2 to 1000", ""});
  }
  if (!(options.radius > 0 && std::isfinite(options.radius))) {
    throw Error(Code::usage, {"landscape", "the radius is out of range", print_number(options.radius),
                              "a number above 0", ""});
  }
}

}  // namespace

Landscape run_landscape(const std::filesystem::path& run, const RunLandscapeOptions& options) {
  check(options);
  check_run(run);
  Landform land(run, options);
  return options.plane == RunLandscapeOptions::Plane::random ? random_plane(land, options)
                                                             : path_plane(land, options);
}

}  // namespace thalweg
