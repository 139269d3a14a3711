// drift and switch: rows of a linear target that changes under way, to learn from in the order they come.
//
// Inputs x are uniform in [-1, 1], and row i has y = w(i) x + noise, the noise uniform with that deviation.
// Every number is a function of (seed, row, index) alone. All rows are to train on, none is held out.
#include <cmath>
#include <numbers>

#include "base/random.h"
#include "data/dataset.h"
#include "data/encoding.h"

namespace thalweg {
namespace {

enum At : std::size_t { kChange, kRows, kFeatures, kNoise, kSeed };

constexpr std::uint64_t kWeightsStep = 0;  // rows use the steps behind it
constexpr std::uint64_t kMostElements = std::uint64_t{1} << 28;

std::uint64_t whole(const Settings& settings, At at) {
  return static_cast<std::uint64_t>(std::get<double>(settings[at]));
}

double both_signs(const Random& random, std::uint64_t index) { return 2 * random.uniform(index) - 1; }

using WeightOf = double (*)(const Random& random, double change, std::uint64_t row, std::uint64_t index);

// Each weight swings by a phase of its own.
double drifting(const Random& random, double period, std::uint64_t row, std::uint64_t index) {
  const double turns = static_cast<double>(row) / period + random.uniform(index);
  return std::sin(2 * std::numbers::pi * (turns - std::floor(turns)));
}

// Two draws, one before and one after; in [-1, 1].
double switching(const Random& random, double at, std::uint64_t row, std::uint64_t index) {
  return both_signs(random, 2 * index + (static_cast<double>(row) >= at ? 1 : 0));
}

struct Rows {
  std::vector<float> inputs;
  std::vector<float> targets;
};

Rows make_rows(const Settings& settings, WeightOf weight) {
  const std::uint64_t rows = whole(settings, kRows), features = whole(settings, kFeatures);
  const std::uint64_t seed = whole(settings, kSeed);
  const double change = std::get<double>(settings[kChange]);
  const double noise = std::get<double>(settings[kNoise]) * std::sqrt(3.0);
  if (rows * features > kMostElements) {
    throw Error(Code::usage, {"rows", "too many numbers", std::to_string(rows * features),
                              "at most " + std::to_string(kMostElements) + " in rows x features", ""});
  }
  const Random weights(seed, Purpose::noise, kWeightsStep);
  Rows out;
  out.inputs.reserve(rows * features);
  out.targets.reserve(rows);
  for (std::uint64_t row = 0; row < rows; ++row) {
    const Random random(seed, Purpose::noise, row + 1);
    double y = noise * both_signs(random, features);
    for (std::uint64_t j = 0; j < features; ++j) {
      out.inputs.push_back(static_cast<float>(both_signs(random, j)));
      y += weight(weights, change, row, j) * out.inputs.back();
    }
    out.targets.push_back(static_cast<float>(y));
  }
  return out;
}

Dataset read_stream(const Settings& settings, const Request& request, WeightOf weight) {
  Rows rows = make_rows(settings, weight);
  const std::size_t features = whole(settings, kFeatures);
  Dataset data;
  data.sample = {static_cast<std::int64_t>(features)};
  data.columns = 1;
  data.target_scaling = {Scaling{}};
  Samples& part = request.all ? data.test : data.train;
  part.rows.resize(rows.targets.size());
  for (std::size_t i = 0; i < part.rows.size(); ++i) part.rows[i] = static_cast<std::uint32_t>(i);
  part.values = std::move(rows.targets);
  part.assign(features, std::move(rows.inputs));
  (request.all ? data.train : data.test).assign(features, std::vector<float>{});
  set_scaling(data, Scaling{});
  return data;
}

Dataset read_drift(const Settings& settings, const Request& request) {
  return read_stream(settings, request, drifting);
}
Dataset read_switch(const Settings& settings, const Request& request) {
  return read_stream(settings, request, switching);
}

constexpr Range kRowRange{.min = 1, .max = 4294967295.0};
constexpr Option kRowsOption{.name = "rows",
                             .type = OptionType::integer,
                             .fallback = "10000",
                             .range = kRowRange,
                             .doc = "how many there are"};
constexpr Option kFeaturesOption{.name = "features",
                                 .type = OptionType::integer,
                                 .fallback = "10",
                                 .range = {.min = 1, .max = 100000},
                                 .doc = "numbers of a row"};
constexpr Option kNoiseOption{.name = "noise",
                              .fallback = "0.1",
                              .range = kNotNegative,
                              .doc = "standard deviation of what no model can learn"};
constexpr Option kSeedOption{.name = "seed",
                             .type = OptionType::integer,
                             .fallback = "1",
                             .range = {.min = 0, .max = 9007199254740992.0},
                             .doc = "of everything that is drawn"};

constexpr Option kDriftOptions[] = {{.name = "period",
                                     .type = OptionType::integer,
                                     .range = kRowRange,
                                     .unit = "rows",
                                     .doc = "after which each weight of the target is back",
                                     .required = true},
                                    kRowsOption,
                                    kFeaturesOption,
                                    kNoiseOption,
                                    kSeedOption};
constexpr Option kSwitchOptions[] = {
    {.name = "update",
     .type = OptionType::integer,
     .range = {.min = 0, .max = 4294967295.0},
     .unit = "rows",
     .doc = "row, from 0, which has other weights for the first time; of one sample a batch the update",
     .required = true},
    kRowsOption,
    kFeaturesOption,
    kNoiseOption,
    kSeedOption};

}  // namespace

constinit const Reader kDriftReader{
    {"drift", "a seeded stream of rows whose linear target turns all the while; take it by --order file",
     "tracking of a moving target, as Sutton 1992, Adapting Bias by Gradient Descent", kDriftOptions},
    read_drift};

constinit const Reader kSwitchReader{
    {"switch", "a seeded stream of rows whose linear target is another one from a row on; by --order file",
     "tracking of a moving target, as Sutton 1992, Adapting Bias by Gradient Descent", kSwitchOptions},
    read_switch};

}  // namespace thalweg
