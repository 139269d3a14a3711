// What measures each kind of claim, one file each.
#pragma once

#include <string>

#include "experiments/findings.h"
#include "experiments/training.h"

namespace thalweg::experiments {

using Measurement = Findings (*)(const Lab& lab);

Findings measure_rates(const Lab& lab);
Findings measure_costs(const Lab& lab);
Findings measure_variance(const Lab& lab);
Findings measure_sparse(const Lab& lab);
Findings measure_drift(const Lab& lab);
Findings measure_adam(const Lab& lab);
Findings measure_decay(const Lab& lab);
Findings measure_primacy(const Lab& lab);
Findings measure_schedules(const Lab& lab);
Findings measure_cycles(const Lab& lab);
Findings measure_momentum(const Lab& lab);

// The measurement of that name: "rates", "costs", ... Throws Error(usage) naming all for another name.
Measurement find_measurement(const std::string& kind);

}  // namespace thalweg::experiments
