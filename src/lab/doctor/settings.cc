// Configuration and data, looked through for faults.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "base/spec.h"
#include "base/text.h"
#include "doctor/examined_run.h"
#include "params/selector.h"
#include "run/outline.h"
#include "schedule/schedules.h"

namespace thalweg {
namespace {

constexpr std::size_t kMostRows = 2000;      // looked at
constexpr double kFarFromFloor = 0.1;        // of the way from peak to floor
constexpr double kLargeInputs = 5;           // root of the mean square
constexpr double kSpread = 100;              // between the deviations of the widest input and the middle one
constexpr double kNearlyAll = 0.95;          // share of one class
constexpr std::size_t kLeastToSpeakOf = 20;  // samples

// The transforms of a chain with what they act on; the first option of each that is looked at is a number.
struct Items {
  explicit Items(const Chain& chain) : source{"optimizer", chain.text()}, items(parse(source)) {}

  Schedule number(const Item& item) const { return read_schedule(item.args.front().value, source); }
  static bool acts_on(const Item& item, const Parameter& parameter) {
    const auto on = std::ranges::find(item.args, "on", &Arg::name);
    return on == item.args.end() || Selector(on->value).matches(parameter);
  }

  Source source;
  Text items;
};

struct Spread {
  double rms = 0;
  double widest = 0;  // deviation
  double middle = 0;  // median of the deviations that are not 0
};

Spread spread_of(const Samples& samples) {
  const std::size_t rows = std::min(samples.size(), kMostRows);
  const std::size_t features = samples.features();
  std::vector<std::uint32_t> order(rows);
  for (std::size_t i = 0; i < rows; ++i) order[i] = static_cast<std::uint32_t>(i * samples.size() / rows);
  std::vector<float> inputs(rows * features);
  samples.gather(order, inputs);
  const double n = static_cast<double>(rows);
  Spread out;
  std::vector<double> deviations;
  for (std::size_t j = 0; j < features; ++j) {
    double sum = 0, square = 0;
    for (std::size_t i = 0; i < rows; ++i) {
      const double x = inputs[i * features + j];
      sum += x;
      square += x * x;
    }
    out.rms += square / n / static_cast<double>(features);
    const double variance = square / n - sum / n * (sum / n);
    if (variance > 1e-12 * square / n) deviations.push_back(std::sqrt(variance));
  }
  out.rms = std::sqrt(out.rms);
  if (deviations.empty()) return out;
  std::ranges::sort(deviations);
  out.widest = deviations.back();
  out.middle = deviations[deviations.size() / 2];
  return out;
}

std::string class_name(const Dataset& data, std::int32_t label) {
  const auto i = static_cast<std::size_t>(label);
  return i < data.class_names.size() ? data.class_names[i] : std::to_string(label);
}

}  // namespace

Findings find_unfinished_schedule(const ExaminedRun& run) {
  if (run.total == 0) return {};
  const Items chain(run.chain);
  for (const Item& item : chain.items) {
    if (item.name != "lr") continue;
    const Schedule rate = chain.number(item);
    const double last = rate(run.total - 1);
    const double reach = rate.highest() - rate.lowest();
    const bool ends_later = rate.total() > run.total;
    if (!ends_later || !(last - rate.lowest() > kFarFromFloor * reach)) continue;
    return {
        {"schedule-unfinished",
         fmt::format("the rate ends at {:.3g} after {} updates; its schedule comes down to {:.3g} at update "
                     "{}",
                     last, run.total, rate.lowest(), rate.total()),
         "leave `total` out, so that the schedule ends with the run, or train longer"}};
  }
  return {};
}

Findings find_decay_on_biases(const ExaminedRun& run) {
  static constexpr std::array<std::string_view, 3> kDecays = {"decay", "l2", "cautious_decay"};
  const Items chain(run.chain);
  for (const Item& item : chain.items) {
    if (std::ranges::find(kDecays, item.name) == kDecays.end() || chain.number(item).highest() == 0) continue;
    for (const Parameter& parameter : run.start.params()) {
      const bool spared = parameter.role() == Role::bias || parameter.role() == Role::norm;
      if (!spared || !Items::acts_on(item, parameter)) continue;
      return {{"decay-on-biases", fmt::format("`{}` acts on `{}`", print(Text{item}), parameter.name()),
               "add `on=[matrices, embedding]` to it, as `adamw` does by default"}};
    }
  }
  return {};
}

Findings find_unnormalised(const ExaminedRun& run) {
  const Spread spread = spread_of(run.data.train);
  const std::string advice = "scale the inputs: `scale=standard`, or leave `scale` out of the data source";
  if (spread.rms > kLargeInputs) {
    return {{"not-normalised",
             fmt::format("the root mean square of the inputs is {:.3g}; about 1 is easy to learn from",
                         spread.rms),
             advice}};
  }
  if (spread.middle > 0 && spread.widest > kSpread * spread.middle) {
    return {{"not-normalised",
             fmt::format("one input has standard deviation {:.3g}, the median one {:.3g}", spread.widest,
                         spread.middle),
             advice}};
  }
  return {};
}

Findings find_one_class(const ExaminedRun& run) {
  const std::vector<std::int32_t>& labels = run.data.train.labels;
  if (labels.size() < kLeastToSpeakOf) return {};
  std::map<std::int32_t, std::size_t> counts;
  for (const std::int32_t label : labels) ++counts[label];
  const auto most = std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; });
  const double share = static_cast<double>(most->second) / static_cast<double>(labels.size());
  if (share < kNearlyAll) return {};
  return {{"one-class",
           fmt::format("{:.1f} % of the {} training labels are `{}`", 100 * share, labels.size(),
                       class_name(run.data, most->first)),
           "check that the right column is the target; accuracy says little here: `--class-weights balanced` "
           "makes the rare ones count, `--monitor auc` judges by them"}};
}

Findings find_sorted_order(const ExaminedRun& run) {
  const std::vector<std::int32_t>& labels = run.data.train.labels;
  if (run.config.order != "file" || run.per_epoch == 1 || labels.size() < kLeastToSpeakOf) return {};
  std::map<std::int32_t, double> counts;
  std::size_t equal = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    ++counts[labels[i]];
    if (i > 0 && labels[i] == labels[i - 1]) ++equal;
  }
  const double n = static_cast<double>(labels.size());
  double chance = 0;
  for (const auto& [label, times] : counts) chance += times / n * times / n;
  const double share = static_cast<double>(equal) / (n - 1);
  if (share < (1 + chance) / 2) return {};
  return {{"sorted-order",
           fmt::format("{:.0f} % of the samples have the label of the one before; a random order would have "
                       "{:.0f} %",
                       100 * share, 100 * chance),
           "leave out `--order file`: samples are then shuffled in every epoch"}};
}

Findings find_squashed_output(const ExaminedRun& run) {
  const std::string squashed = squashed_output(run.config.model, run.config.loss);
  if (squashed.empty()) return {};
  return {{"squashed-output", squashed, std::string(kEndInDense)}};
}

}  // namespace thalweg
