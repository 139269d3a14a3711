// An evaluation in words, and its metrics by name.
#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "base/did_you_mean.h"
#include "thalweg/error.h"
#include "thalweg/metrics.h"

namespace thalweg {
namespace {

using Kind = Metric::Kind;

constexpr std::array kMetrics = std::to_array<Metric>({
    {"loss", Kind::loss, false, [](const Evaluation& e) { return e.loss; }},
    {"accuracy", Kind::classes, true, [](const Evaluation& e) { return e.accuracy; }},
    {"balanced_accuracy", Kind::classes, true,
     [](const Evaluation& e) { return e.classes.balanced_accuracy; }},
    {"precision", Kind::classes, true, [](const Evaluation& e) { return e.classes.precision.macro; }},
    {"recall", Kind::classes, true, [](const Evaluation& e) { return e.classes.recall.macro; }},
    {"f1", Kind::classes, true, [](const Evaluation& e) { return e.classes.f1.macro; }},
    {"auc", Kind::scores, true, [](const Evaluation& e) { return e.classes.auc.macro; }},
    {"average_precision", Kind::scores, true,
     [](const Evaluation& e) { return e.classes.average_precision.macro; }},
    {"log_loss", Kind::probabilities, false, [](const Evaluation& e) { return e.classes.log_loss; }},
    {"rmse", Kind::values, false, [](const Evaluation& e) { return e.rmse; }},
    {"mae", Kind::values, false, [](const Evaluation& e) { return e.mae; }},
    {"r2", Kind::values, true, [](const Evaluation& e) { return e.r2; }},
});

std::string size_text(const Evaluation& e) {
  const std::string samples =
      e.of > 0 ? fmt::format("{} of {}", e.samples, e.of) : fmt::format("{}", e.samples);
  if (e.loss == e.loss) return fmt::format("loss {:.4g} over {} samples", e.loss, samples);
  return fmt::format(
      "loss undefined, as all {} samples {}", samples,
      e.unknown == e.samples ? "are of other classes than the training data" : "are ignored or of weight 0");
}

std::string class_text(const Evaluation& e) {
  const std::string balanced =
      e.is_dominated() ? fmt::format("balanced accuracy {:.2f} %, ", 100 * e.classes.balanced_accuracy) : "";
  const std::string baseline = e.baseline == e.baseline
                                   ? fmt::format(" (always the commonest class: {:.2f} %)", 100 * e.baseline)
                                   : "";
  return fmt::format("{}{:.2f} % right{}, ", balanced, 100 * e.accuracy, baseline);
}

}  // namespace

std::span<const Metric> metrics() { return kMetrics; }

const Metric& metric_of(std::string_view name, std::string_view where) {
  const auto* found = std::ranges::find(kMetrics, name, &Metric::name);
  if (found != kMetrics.end()) return *found;
  std::vector<std::string_view> names;
  for (const Metric& metric : kMetrics) names.push_back(metric.name);
  throw Error(Code::usage, {std::string(where), "unknown metric", "`" + std::string(name) + "`",
                            "one of " + std::string(kMetricNames), did_you_mean(name, names)});
}

std::string Evaluation::text() const {
  if (accuracy == accuracy) return class_text(*this) + size_text(*this);
  if (mae != mae) return size_text(*this);  // of classes that the loss does not tell
  const std::string errors =
      fmt::format("mean absolute error {:.4g}, RMSE {:.4g} (always the mean: {:.4g}), {}", mae, rmse,
                  baseline, size_text(*this));
  if (const auto why = r2_undefined(); !why.empty()) return fmt::format("R2 undefined: {}; {}", why, errors);
  return fmt::format("R2 {:.4f}, {}", r2, errors);
}

}  // namespace thalweg
