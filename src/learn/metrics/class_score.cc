#include "metrics/class_score.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "metrics/ranking.h"
#include "metrics/score.h"
#include "thalweg/dataset.h"

namespace thalweg {
namespace {

constexpr double kNone = ClassMetrics::kNone;

double ratio(double part, double of) { return of > 0 ? part / of : kNone; }

double mean_of_defined(const std::vector<double>& numbers) {
  double sum = 0, count = 0;
  for (const double number : numbers) {
    if (std::isnan(number)) continue;
    sum += number;
    ++count;
  }
  return count > 0 ? sum / count : kNone;
}

template <class Of>
ClassMetric each(std::size_t classes, const Of& of) {
  ClassMetric out;
  for (std::size_t c = 0; c < classes; ++c) out.of.push_back(of(c));
  out.macro = mean_of_defined(out.of);
  return out;
}

bool fits(std::size_t samples, std::size_t classes) { return samples <= kMostScores / classes; }

}  // namespace

ClassScore::ClassScore(Loss loss, std::size_t columns, std::size_t classes, std::size_t samples,
                       Metrics wanted)
    : loss_(std::move(loss)),
      columns_(columns),
      classes_(classes),
      tells_(classes > 0 && tells_classes(loss_)),
      keeps_(tells_ && wanted == Metrics::all && fits(samples, classes)),
      has_probabilities_(tells_ && wanted == Metrics::all && tells_probabilities(loss_, columns, classes)),
      of_class_(classes),
      taken_for_(classes),
      hits_(classes),
      confusion_(classes <= kMostConfused ? classes * classes : 0),
      row_(classes) {
  if (!keeps_) return;
  kept_.scores.reserve(samples * classes);
  kept_.labels.reserve(samples);
  kept_.weights.reserve(samples);
}

std::uint64_t ClassScore::bytes(std::size_t samples, std::size_t classes) {
  constexpr std::uint64_t kEach = sizeof(std::int32_t) + sizeof(double) + sizeof(Scored);
  return classes > 0 && fits(samples, classes) ? samples * (classes * sizeof(double) + kEach) : 0;
}

std::size_t ClassScore::predicted(std::span<const float> row) const {
  if (row.size() > 1) {
    if (std::ranges::any_of(row, [](float x) { return std::isnan(x); })) return kNothing;
    return static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
  }
  if (classes_ == 1) return 0;
  const float threshold = loss_.outputs() == Loss::Outputs::probabilities ? 0.5f : 0.0f;
  return std::isnan(row[0]) ? kNothing : row[0] > threshold ? 1 : 0;
}

void ClassScore::keep(std::span<const float> row, std::int32_t label, double weight) {
  if (row.size() == 1 && classes_ == 2) {
    softmax(both_scores(loss_, row[0]), row_);
  } else if (loss_.outputs() == Loss::Outputs::softmax) {
    softmax(row, row_);
  } else {
    std::ranges::copy(row, row_.begin());
  }
  if (has_probabilities_ && label != kNoClass) {
    constexpr double kLeast = std::numeric_limits<double>::epsilon();
    const double p = row_[static_cast<std::size_t>(label)];
    lost_ -= weight * std::log(std::isnan(p) ? p : std::clamp(p, kLeast, 1 - kLeast));
    known_ += weight;
  }
  if (!keeps_) return;
  kept_.scores.insert(kept_.scores.end(), row_.begin(), row_.end());
  kept_.labels.push_back(label);
  kept_.weights.push_back(weight);
}

void ClassScore::add(std::span<const float> outputs, std::span<const std::int32_t> labels,
                     std::span<const double> weights) {
  if (!tells_) return;
  double right = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::span<const float> row = outputs.subspan(i * columns_, columns_);
    const double weight = weights.empty() ? 1.0 : weights[i];
    const std::size_t taken = predicted(row);
    const std::size_t truth = labels[i] == kNoClass ? kNothing : static_cast<std::size_t>(labels[i]);
    if (truth != kNothing) of_class_[truth] += weight;
    if (taken != kNothing) taken_for_[taken] += weight;
    if (truth != kNothing && taken != kNothing) {
      if (truth == taken) hits_[truth] += weight, right += weight;
      if (!confusion_.empty()) confusion_[truth * classes_ + taken] += weight;
    }
    if ((keeps_ || has_probabilities_) && weight > 0) keep(row, labels[i], weight);
  }
  right_ += right;
}

void ClassScore::rank_classes(ClassMetrics& out) const {
  std::vector<Scored> samples;
  for (std::size_t c = 0; c < classes_; ++c) {
    samples.clear();
    for (std::size_t i = 0; i < kept_.labels.size(); ++i) {
      const bool is = kept_.labels[i] == static_cast<std::int32_t>(c);
      samples.push_back(
          {kept_.scores[i * classes_ + c], is ? kept_.weights[i] : 0, is ? 0 : kept_.weights[i]});
    }
    const Ranking ranking = rank(samples);
    out.auc.of.push_back(ranking.auc);
    out.average_precision.of.push_back(ranking.average_precision);
  }
  out.auc.macro = mean_of_defined(out.auc.of);
  out.average_precision.macro = mean_of_defined(out.average_precision.of);
}

void ClassScore::fill(Evaluation& out, double judged) const {
  if (!tells_) return;
  out.accuracy = right_ / judged;
  const double most = *std::ranges::max_element(of_class_);
  out.baseline = most > 0 ? most / judged : kNone;
  ClassMetrics& classes = out.classes;
  classes.rows = of_class_;
  classes.precision = each(classes_, [&](std::size_t c) { return ratio(hits_[c], taken_for_[c]); });
  classes.recall = each(classes_, [&](std::size_t c) { return ratio(hits_[c], of_class_[c]); });
  classes.f1 =
      each(classes_, [&](std::size_t c) { return ratio(2 * hits_[c], of_class_[c] + taken_for_[c]); });
  classes.balanced_accuracy = classes.recall.macro;
  for (std::size_t c = 0; c < classes_ && !confusion_.empty(); ++c) {
    const auto row = confusion_.begin() + static_cast<std::ptrdiff_t>(c * classes_);
    classes.confusion.emplace_back(row, row + static_cast<std::ptrdiff_t>(classes_));
  }
  if (has_probabilities_) classes.log_loss = ratio(lost_, known_);
  if (keeps_) rank_classes(classes);
}

}  // namespace thalweg
