// The page of a comparison of optimizers, from plain numbers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "draw/svg.h"

namespace thalweg::page {

struct ComparedRow {
  std::string name;
  std::string chain;                                   // what was run
  std::string rate, batch, rank, behind, p, standing;  // as they are to be read
  std::string score, quartiles, loss;
  std::string reached, updates, seconds;  // empty where there is no target
  std::vector<double> scores;             // one a seed, those that diverged left out; in units of the axis
  double low = 0, median = 0, high = 0;   // not finite where it diverged
  std::vector<Point> curve;               // median over the seeds against updates
  std::vector<Point> rates;               // validation score against the rate
  Point chosen;                           // among them
};

struct ComparisonPage {
  std::string headline;
  std::string doubt;
  std::string setting;            // model, data, budget: a sentence or two
  std::string score_name;         // "accuracy"
  std::string unit;               // "%" or empty
  std::string target;             // "97 % right", or empty
  std::vector<ComparedRow> rows;  // best first
  std::vector<std::string> notes;
  std::vector<std::vector<std::string>> pairs;  // first, second, p, p corrected
};

std::string render(const ComparisonPage& page);

}  // namespace thalweg::page
