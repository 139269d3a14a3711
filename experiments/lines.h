// Lines of pictures from what was measured.
#pragma once

#include <string>
#include <vector>

#include "experiments/findings.h"
#include "experiments/training.h"

namespace thalweg::experiments {

// The median over the runs of `losses`, or of `accuracies` in percent, against updates.
Line loss_line(std::string name, const std::vector<Trajectory>& runs, std::uint64_t every);
Line accuracy_line(std::string name, const std::vector<Trajectory>& runs, std::uint64_t every);

// Points (x[i], y[i]).
Line line(std::string name, const std::vector<double>& x, const std::vector<double>& y);

}  // namespace thalweg::experiments
