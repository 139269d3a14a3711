// The catalogue of schedule shapes.
#pragma once

#include <span>

#include "base/spec.h"

namespace thalweg {

// A shape: `value` gets the numbers of the options in Spec order (NaN: not given) and the updates done.
// The first option is the peak. An option `total` that is not given is the run's length, unless the shape has
// a `period` that is given.
struct ScheduleShape {
  Spec spec;
  double (*value)(std::span<const double> options, double k);
};

std::span<const ScheduleShape> schedule_shapes();

}  // namespace thalweg
