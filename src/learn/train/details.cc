#include "train/details.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/json.h"
#include "thalweg/params.h"

namespace thalweg {
namespace {

constexpr int kLowest = -40;  // octave of the numbers next to those of kZeroBin

std::string parameter_json(const ParameterReport& report) {
  return JsonObject()
      .add("name", report.parameter->name())
      .add("size", report.parameter->size())
      .add("value_norm", report.value_norm)
      .add("update_norm", report.update_norm)
      .add("grad_norm", report.grad_norm)
      .raw("values", octaves_json(report.values))
      .raw("updates", octaves_json(report.updates))
      .text();
}

}  // namespace

std::string octaves_json(const Histogram& histogram) {
  std::array<std::uint64_t, kZeroBin> counts;  // of both signs
  for (std::size_t i = 0; i < kZeroBin; ++i)
    counts[i] = histogram[kZeroBin + 1 + i] + histogram[kZeroBin - 1 - i];
  const auto some = [](std::uint64_t n) { return n > 0; };
  const auto first = std::find_if(counts.begin(), counts.end(), some);
  const auto last = std::find_if(counts.rbegin(), counts.rend(), some).base();
  return JsonObject()
      .add("from", first == counts.end() ? 0 : kLowest + static_cast<int>(first - counts.begin()))
      .add("zeros", histogram[kZeroBin])
      .add("counts", std::span(first, std::max(first, last)))
      .text();
}

Details::Details(const std::filesystem::path& path, std::uint64_t total_updates)
    : file_(path),
      total_(total_updates),
      stride_(std::max<std::uint64_t>(1, (total_updates + kMostDetails - 1) / kMostDetails)) {}

Statistics Details::wanted(std::uint64_t k) const {
  const bool measured = (k - 1) % stride_ == 0 || k == total_;
  return {.norms = measured, .histograms = measured};
}

void Details::add(const Report& report, const StepSeconds& seconds) {
  ++since_;
  if (!wanted(report.update).any() || report.waits || report.skipped) return;
  const auto mean = [&](double StepSeconds::*part) {
    return (seconds.*part - told_.*part) / static_cast<double>(since_);
  };
  const std::size_t told = std::min(report.parameters.size(), kMostParameters);
  file_.add(JsonObject()
                .add("update", report.update)
                .raw("seconds", JsonObject()
                                    .add("data", mean(&StepSeconds::data))
                                    .add("forward", mean(&StepSeconds::forward))
                                    .add("backward", mean(&StepSeconds::backward))
                                    .add("update", mean(&StepSeconds::update))
                                    .text())
                .raw("parameters", json_list(report.parameters.first(told), parameter_json))
                .text());
  told_ = seconds;
  since_ = 0;
}

}  // namespace thalweg
