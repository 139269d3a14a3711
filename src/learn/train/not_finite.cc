#include "train/not_finite.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>

#include <fmt/core.h>

#include "thalweg/error.h"

namespace thalweg {
namespace {

// As fast as memory: a save waits for it.
bool all_finite(std::span<const float> numbers) {
  constexpr std::size_t kBlock = 1024;
  constexpr std::uint32_t kExponent = 0x7f800000;
  const auto bad = [](float x) { return (std::bit_cast<std::uint32_t>(x) & kExponent) == kExponent; };
  for (; numbers.size() >= kBlock; numbers = numbers.subspan(kBlock)) {
    bool any = false;
    for (std::size_t i = 0; i < kBlock; ++i) any |= bad(numbers[i]);
    if (any) return false;
  }
  return std::ranges::none_of(numbers, bad);
}

}  // namespace

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
    if (all_finite(value)) continue;
    const auto bad = std::find_if(value.begin(), value.end(), [](float x) { return !std::isfinite(x); });
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
