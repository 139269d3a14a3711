// What an experiment measured.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "draw/chart.h"

namespace thalweg::experiments {

// One number, measured once a seed: samples of two quantities with as many seeds belong together in pairs.
struct Quantity {
  std::string name;  // "adagrad.loss": what rules call it
  std::vector<double> samples;
};

// A line of a picture; a point may be missing.
struct Line {
  std::string name;
  std::vector<page::Point> points;
};

struct Picture {
  std::string title;
  std::string x_name;
  std::string y_name;
  std::vector<Line> lines = {};
  page::Scale scale = page::Scale::automatic;
  bool x_log = false;
};

struct Findings {
  std::vector<Quantity> quantities;
  std::vector<Picture> pictures;
  std::vector<std::string> notes;  // what was chosen on the way: "adam: rate 0.01"

  void add(std::string name, std::vector<double> samples) {
    quantities.push_back({std::move(name), std::move(samples)});
  }
  const Quantity* find(std::string_view name) const;
};

}  // namespace thalweg::experiments
