// What a run recorded about itself, looked through for faults.
#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "doctor/examined_run.h"
#include "thalweg/quantiles.h"

namespace thalweg {
namespace {

constexpr std::size_t kLeastLines = 10;  // of updates, to speak of a course
constexpr double kGradientGrowth = 50;   // times what it was in the beginning
constexpr double kWeightGrowth = 30;     // likewise
constexpr double kOverfitted = 1.3;      // times the lowest held-out loss
constexpr double kStillLearnt = 0.7;     // the training loss fell to this share since
constexpr double kNothing = 0.98;        // of the loss of a constant

double norm(const Parameter& parameter) {
  double sum = 0;
  for (const float x : parameter.value<float>()) sum += static_cast<double>(x) * x;
  return std::sqrt(sum);
}

Finding exploding(const std::string& evidence) {
  return {"exploding-norms", evidence, "put `clip_norm(1)` before the rule, or use a smaller rate"};
}

}  // namespace

Findings find_exploding_norms(const ExaminedRun& run) {
  std::vector<double> norms;
  for (const page::Update& update : run.seen.updates) {
    if (std::isfinite(update.grad_norm)) norms.push_back(update.grad_norm);
  }
  if (norms.size() >= kLeastLines) {
    const std::size_t tenth = std::max<std::size_t>(5, norms.size() / 10);
    const double early = median({norms.begin(), norms.begin() + static_cast<std::ptrdiff_t>(tenth)});
    const auto most = std::max_element(norms.begin() + static_cast<std::ptrdiff_t>(tenth), norms.end());
    if (*most > kGradientGrowth * early) {
      return {
          exploding(fmt::format("the norm of the gradient was {:.3g} in the first {} updates recorded and "
                                "reached {:.3g}",
                                early, tenth, *most))};
    }
  }
  if (!run.trained) return {};
  for (std::size_t i = 0; i < run.start.params().size(); ++i) {
    const Parameter& before = run.start.params()[i];
    const double old = norm(before);
    const double now = norm(run.trained->params()[i]);
    if (old > 0 && now > kWeightGrowth * old) {
      return {exploding(
          fmt::format("the norm of `{}` has grown from {:.3g} to {:.3g}", before.name(), old, now))};
    }
  }
  return {};
}

Findings find_overfitting(const ExaminedRun& run) {
  const std::vector<page::Epoch>& epochs = run.seen.epochs;
  if (epochs.size() < 3 || run.config.early_stopping.restore_best.value_or(false)) return {};
  const auto least = std::ranges::min_element(epochs, {}, [](const page::Epoch& epoch) {
    return std::isfinite(epoch.test.loss) ? epoch.test.loss : INFINITY;
  });
  const page::Epoch& last = epochs.back();
  const bool climbed = last.test.loss > kOverfitted * least->test.loss;
  const bool learnt = last.train_loss < kStillLearnt * least->train_loss;
  if (!climbed || !learnt) return {};
  return {
      {"overfitting",
       fmt::format("held-out loss was lowest, {:.4g}, after epoch {} and is {:.4g} now, while the training "
                   "loss went from {:.4g} to {:.4g}",
                   least->test.loss, least->epoch, last.test.loss, least->train_loss, last.train_loss),
       "stop earlier (`--patience 5`), or regularise: more decay, `dropout(0.2)`, a smaller model, more "
       "data"}};
}

std::optional<double> constant_loss(const ExaminedRun& run) {
  const Samples& train = run.data.train;
  const Item loss = parse({"loss", Loss(run.config.loss).text()}).front();
  if (!loss.args.empty() || !train.weights.empty()) return std::nullopt;  // weighted, smoothed
  const std::string& kind = loss.name;
  const double n = static_cast<double>(train.size());
  if (kind == "cross_entropy" && !train.labels.empty()) {
    std::map<std::int32_t, double> counts;
    for (const std::int32_t label : train.labels) ++counts[label];
    double entropy = 0;
    for (const auto& [label, times] : counts) entropy -= times / n * std::log(times / n);
    return entropy;
  }
  if (kind != "mse" || train.values.empty() || run.data.columns != 1) return std::nullopt;
  double mean = 0, square = 0;
  for (const double value : train.values) mean += value / n;
  for (const double value : train.values) square += (value - mean) * (value - mean) / n;
  return square;
}

Findings find_learns_nothing(const ExaminedRun& run) {
  const std::optional<double> constant = constant_loss(run);
  if (!constant || run.seen.epochs.empty()) return {};
  const double loss = run.seen.epochs.back().train_loss;
  if (!(loss >= kNothing * *constant) || *constant <= 0) return {};
  return {{"learns-nothing",
           fmt::format("the training loss is {:.4g} after {} updates; a constant has {:.4g}", loss,
                       run.updates, *constant),
           "check that targets match their inputs; try `thalweg lr-find` and a larger model"}};
}

}  // namespace thalweg
