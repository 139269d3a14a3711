#include "train/not_finite.h"

#include <algorithm>
#include <cmath>
#include <span>

#include <fmt/core.h>

#include "thalweg/error.h"
#include "train/diverged.h"

namespace thalweg {

void NotFinite::add(const Report& report, std::uint64_t update) {
  if (report.nonfinite == 0 || count++ > 0) return;
  const std::string name = "`" + report.nonfinite_parameter->name() + "`";
  first = "update " + std::to_string(update) + ": " +
          (report.overflows ? "its result is beyond the type in " + name + " or its state"
                            : "the gradient of " + name + " is not finite");
}

std::string NotFinite::note(const std::string& policy) const {
  const std::string others = count > 1 ? fmt::format(" (and {} more)", count - 1) : "";
  return first + others +
         (policy == "report" ? "; `nonfinite=skip` leaves such updates out, `error` ends there"
                             : "; by nonfinite=" + policy + " it did no harm");
}

void check_finite(Params& params, std::uint64_t updates) {
  for (Parameter& parameter : params) {
    const std::span<const float> value = parameter.value<float>();
    const auto bad = std::find_if(value.begin(), value.end(), [](float x) { return !std::isfinite(x); });
    if (bad == value.end()) continue;
    throw Error(Code::diverged, {"update " + std::to_string(updates), "a parameter is not finite",
                                 "`" + parameter.name() + "` at " + std::to_string(bad - value.begin()),
                                 "a number", kDivergedHint});
  }
}

void check_finite(const Evaluation& evaluation, std::uint64_t updates) {
  if (std::isfinite(evaluation.loss) || evaluation.has_no_loss()) return;
  throw Error(Code::diverged,
              {"update " + std::to_string(updates), "the loss is not finite over the whole set",
               std::isnan(evaluation.loss) ? "nan" : "inf", "a number", kDivergedHint});
}

}  // namespace thalweg
