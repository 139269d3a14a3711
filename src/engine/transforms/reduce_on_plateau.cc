#include "transforms/reduce_on_plateau.h"

#include <algorithm>
#include <cmath>

namespace thalweg {
namespace {

using Threshold = PlateauOptions::Threshold;

// What a metric must lie beyond to be better than `best`.
double bound(const PlateauOptions& o, double best) {
  const double better = o.mode == PlateauOptions::Mode::max ? o.threshold : -o.threshold;
  if (o.threshold_mode == Threshold::absolute) return best + better;
  const bool by_size = o.threshold_mode == Threshold::relative && best < 0;
  return best * (1.0 + (by_size ? -better : better));
}

bool improves(const Plateau& plateau, double metric) {
  if (std::isnan(plateau.best)) return !std::isnan(metric);
  const double beyond = bound(plateau.options, plateau.best);
  return plateau.options.mode == PlateauOptions::Mode::max ? metric > beyond : metric < beyond;
}

}  // namespace

bool Plateau::observe(double metric) {
  const bool improved = improves(*this, metric);
  const bool cools = cooling > 0 && !(options.cooling_ends && cooling == 1);
  if (cooling > 0) {
    --cooling;
    bad = 0;
  }
  if (improved) best = metric;
  bad = improved || cools ? 0 : bad + 1;
  if (bad < options.patience + (options.reached ? 0 : 1) || bad == 0) return false;
  bad = 0;
  cooling = options.cooldown;
  const double cut = std::max(rate * options.factor, options.floor);
  if (!(rate - cut > options.eps)) return false;
  rate = cut;
  return true;
}

}  // namespace thalweg
