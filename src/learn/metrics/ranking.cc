#include "metrics/ranking.h"

#include <algorithm>
#include <cmath>

namespace thalweg {

Ranking rank(std::vector<Scored>& samples) {
  Ranking out;
  if (std::ranges::any_of(samples, [](const Scored& s) { return std::isnan(s.score); })) return out;
  std::ranges::sort(samples, std::ranges::greater(), &Scored::score);
  double positive = 0, negative = 0;  // weight above the threshold
  double area = 0, sum = 0;
  for (std::size_t i = 0; i < samples.size();) {
    const double before = positive, others = negative;
    for (const double score = samples[i].score; i < samples.size() && samples[i].score == score; ++i) {
      positive += samples[i].positive;
      negative += samples[i].negative;
    }
    area += (negative - others) * (positive + before) / 2;
    if (positive > before) sum += (positive - before) * (positive / (positive + negative));
  }
  if (positive > 0 && negative > 0) out.auc = area / positive / negative;
  if (positive > 0) out.average_precision = sum / positive;
  return out;
}

}  // namespace thalweg
