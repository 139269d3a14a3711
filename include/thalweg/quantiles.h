// The median of some numbers, and its spread. All functions may be called from several threads at
// once.
#pragma once

#include <vector>

namespace thalweg {

// A median between two numbers: its quartiles, or the ends of an interval.
struct Median {
  double value = 0;
  double low = 0;
  double high = 0;
};

// The middle one, or the mean of the middle two. Infinite numbers are allowed, NaN is not; there must be one.
double median(std::vector<double> numbers);

// With the quartiles, all three by linear interpolation between order statistics (Hyndman and Fan 1996, type
// 7). Infinite numbers are allowed, NaN is not; there must be one.
Median quartiles(std::vector<double> numbers);

// With an interval that holds the median of the samples' distribution with a probability of at least 95 %,
// for any distribution: two order statistics, or the extremes of fewer than six samples. There must
// be one.
Median median_of(std::vector<double> samples);

}  // namespace thalweg
