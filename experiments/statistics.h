// Statistics of what was measured.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "thalweg/quantiles.h"

namespace thalweg::experiments {

double mean(std::span<const double> numbers);

// The standard deviation, by n - 1; 0 for fewer than two. Infinite where a number is.
double deviation(std::span<const double> numbers);

// The slope of the least-squares line through (log x, log y): the power of x that y follows. All numbers must
// be positive, and at least two x differ.
double power(std::span<const double> x, std::span<const double> y);

// How often a number is above the one before it, 0 to 1.
double rises(std::span<const double> numbers);

// Element by element, the median over rows of equal length.
std::vector<double> middles(const std::vector<std::vector<double>>& rows);

}  // namespace thalweg::experiments
