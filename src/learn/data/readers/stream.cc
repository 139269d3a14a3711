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

constexpr std::uint64_t kWeightsStep = 0;  // rows use the steps after it
constexpr std::uint64_t kMostElements = std::uint64_t{1} << 28;

struct Stream {
  double change = 0;  // the period of the drift, or the row of the switch
  std::uint64_t rows = 0;
  std::uint64_t features = 0;
  double noise = 0;
  std::uint64_t seed = 0;
};

template <const auto& kOptions, Literal change>
Stream stream_of(const Settings& settings) {
  const auto number = [](const Setting& setting) { return std::get<double>(setting); };
  const auto whole = [](const Setting& setting) {
    return static_cast<std::uint64_t>(std::get<double>(setting));
  };
  return {.change = number(option<kOptions, change>(settings)),
          .rows = whole(option<kOptions, "rows">(settings)),
          .features = whole(option<kOptions, "features">(settings)),
          .noise = number(option<kOptions, "noise">(settings)),
          .seed = whole(option<kOptions, "seed">(settings))};
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
  std::vector<double> targets;
};

Rows make_rows(const Stream& stream, WeightOf weight) {
  const auto& [change, rows, features, deviation, seed] = stream;
  const double noise = deviation * std::sqrt(3.0);
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
    out.targets.push_back(static_cast<float>(y));  // as a network sees it
  }
  return out;
}

// All of it is trained on, unless somebody asks for parts.
std::vector<RowPart> parts_of(std::size_t rows, const Request& request) {
  if (request.all || request.judge) return std::vector<RowPart>(rows, RowPart::test);
  PartPlan plan = request.plan;
  if (plan.held_out.kind == PartSize::Kind::automatic) plan.held_out = {.kind = PartSize::Kind::share};
  return draw_parts("the stream", std::vector<std::int32_t>(rows), 1, request.seed, plan);
}

Dataset read_stream(const Stream& stream, const Request& request, WeightOf weight) {
  Rows rows = make_rows(stream, weight);
  const std::size_t features = stream.features;
  Dataset data;
  data.sample = {static_cast<std::int64_t>(features)};
  data.columns = 1;
  data.target_scaling = {Scaling{}};
  Samples all;
  all.rows.resize(rows.targets.size());
  for (std::size_t i = 0; i < all.rows.size(); ++i) all.rows[i] = static_cast<std::uint32_t>(i);
  all.values = std::move(rows.targets);
  all.assign(features, std::move(rows.inputs));
  const std::vector<RowPart> parts = parts_of(all.size(), request);
  divide(data, std::move(all), parts);
  data.apart = !request.all && !request.judge && request.plan.apart(false);
  set_scaling(data, Scaling{});
  return data;
}

constexpr const char* kSource =
    "tracking of a moving target, as Sutton 1992, Adapting Bias by Gradient Descent";
constexpr Range kRowRange{.min = 1, .max = 4294967295.0};
constexpr Option kRowsOption = count_option("rows", "10000", kRowRange, "how many there are");
constexpr Option kFeaturesOption =
    count_option("features", "10", {.min = 1, .max = 100000}, "inputs per row");
constexpr Option kNoiseOption =
    number_option("noise", "0.1", kNotNegative, "standard deviation of the noise, which no model can learn");
constexpr Option kSeedOption =
    count_option("seed", "1", {.min = 0, .max = 9007199254740992.0}, "seed of everything that is drawn");

constexpr Option kDriftOptions[] = {
    required(in_unit(
        "rows", count_option("period", "", kRowRange, "rows after which each weight of the target returns"))),
    kRowsOption, kFeaturesOption, kNoiseOption, kSeedOption};
constexpr Option kSwitchOptions[] = {
    required(in_unit(
        "rows",
        count_option("update", "", {.min = 0, .max = 4294967295.0},
                     "first row, from 0, with other weights; with one sample per batch also the update"))),
    kRowsOption, kFeaturesOption, kNoiseOption, kSeedOption};

Dataset read_drift(const Settings& settings, const Request& request) {
  return read_stream(stream_of<kDriftOptions, "period">(settings), request, drifting);
}
Dataset read_switch(const Settings& settings, const Request& request) {
  return read_stream(stream_of<kSwitchOptions, "update">(settings), request, switching);
}

}  // namespace

extern constinit const Reader kDriftReader{
    {.name = "drift",
     .doc = "a seeded stream of rows whose linear target turns all the time; use --order file",
     .source = kSource,
     .options = kDriftOptions,
     .formula = R"(
y_i = sum_j w_j(i) x_ij + e_i, row i = 0, 1, ...
w_j(i) = sin(2 pi (i / period + a_j)), a_j uniform in [0, 1)
x uniform in [-1, 1], e uniform with standard deviation noise, all drawn from the seed)"},
    read_drift};

extern constinit const Reader kSwitchReader{
    {.name = "switch",
     .doc = "a seeded stream of rows whose linear target changes at one row; use --order file",
     .source = kSource,
     .options = kSwitchOptions,
     .formula = R"(
y_i = sum_j w_j(i) x_ij + e_i, row i = 0, 1, ...
w_j(i) = u_j where i < update, else v_j; u and v uniform in [-1, 1]
x uniform in [-1, 1], e uniform with standard deviation noise, all drawn from the seed)"},
    read_switch};

}  // namespace thalweg
