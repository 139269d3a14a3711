#include "tour/stops.h"

namespace thalweg {

std::span<const Stop> stops() {
  static const std::vector<Stop> kStops = {
#include "tour/stops.inc"
  };
  return kStops;
}

}  // namespace thalweg
