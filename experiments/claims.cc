#include "experiments/claims.h"

#include <array>

#include "thalweg/error.h"

namespace thalweg::experiments {
namespace {

struct Kind {
  const char* name;
  Measurement measure;
};

constexpr std::array kKinds = {
    Kind{"rates", measure_rates},   Kind{"costs", measure_costs},       Kind{"variance", measure_variance},
    Kind{"sparse", measure_sparse}, Kind{"drift", measure_drift},       Kind{"adam", measure_adam},
    Kind{"decay", measure_decay},   Kind{"primacy", measure_primacy},   Kind{"schedules", measure_schedules},
    Kind{"cycles", measure_cycles}, Kind{"momentum", measure_momentum},
};

}  // namespace

Measurement find_measurement(const std::string& kind) {
  std::string names;
  for (const Kind& one : kKinds) {
    if (kind == one.name) return one.measure;
    names += (names.empty() ? "" : ", ") + std::string(one.name);
  }
  throw Error(Code::usage, {"kind", "unknown", "`" + kind + "`", names, ""});
}

}  // namespace thalweg::experiments
