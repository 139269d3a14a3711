// Histograms over time as a heat map.
#pragma once

#include <string>
#include <vector>

#include "page/run_data.h"

namespace thalweg::page {

struct HeatMap {
  std::string id;  // unique in the page: a word
  std::string title;
  std::string y_name;
  std::vector<double> updates;   // ascending
  std::vector<Octaves> columns;  // one an update
};

// One <svg>: x the updates, y octaves of magnitude, the darker a cell the larger its share of the numbers of
// its column, in five steps. Empty when there is no number.
std::string draw(const HeatMap& map);

}  // namespace thalweg::page
