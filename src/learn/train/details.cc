#include "train/details.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/json.h"

namespace thalweg {
namespace {

constexpr int kLowest = -64, kHighest = 63;  // octaves; what is beyond is counted in the outermost ones

double norm(std::span<const float> numbers) {
  double sum = 0;
  for (const float x : numbers) sum += static_cast<double>(x) * x;
  return std::sqrt(sum);
}

double distance(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double d = static_cast<double>(a[i]) - b[i];
    sum += d * d;
  }
  return std::sqrt(sum);
}

std::string octaves_json(const Octaves& octaves) {
  JsonArray counts;
  for (const std::uint64_t n : octaves.counts) counts.raw(std::to_string(n));
  return JsonObject()
      .add("from", octaves.from)
      .add("zeros", octaves.zeros)
      .raw("counts", counts.text())
      .text();
}

std::string parameter_json(Parameter& parameter, std::span<const float> before) {
  const std::span<const float> after = parameter.value<float>();
  JsonObject out;
  out.add("name", parameter.name())
      .add("size", std::uint64_t{parameter.size()})
      .add("value_norm", norm(before))
      .add("update_norm", distance(after, before));
  if (!parameter.absent() && !parameter.frozen()) out.add("grad_norm", norm(parameter.grad<float>()));
  return out.raw("values", octaves_json(count_octaves({}, after)))
      .raw("updates", octaves_json(count_octaves(before, after)))
      .text();
}

}  // namespace

Octaves count_octaves(std::span<const float> before, std::span<const float> after) {
  const std::size_t stride = (after.size() + kMostCounted - 1) / kMostCounted;
  std::array<std::uint64_t, kHighest - kLowest + 1> counts{};
  Octaves out;
  for (std::size_t i = 0; i < after.size(); i += stride) {
    const double x = static_cast<double>(after[i]) - (before.empty() ? 0.0 : before[i]);
    if (x == 0) ++out.zeros;
    if (x == 0 || std::isnan(x)) continue;
    const int octave = std::isinf(x) ? kHighest : std::clamp(std::ilogb(x), kLowest, kHighest);
    ++counts[static_cast<std::size_t>(octave - kLowest)];
  }
  const auto some = [](std::uint64_t n) { return n > 0; };
  const auto first = std::find_if(counts.begin(), counts.end(), some);
  const auto last = std::find_if(counts.rbegin(), counts.rend(), some).base();
  if (first == counts.end()) return out;
  out.from = kLowest + static_cast<int>(first - counts.begin());
  out.counts.assign(first, last);
  return out;
}

Details::Details(const std::filesystem::path& path, std::uint64_t total_updates)
    : file_(path),
      total_(total_updates),
      stride_(std::max<std::uint64_t>(1, (total_updates + kMostDetails - 1) / kMostDetails)) {}

bool Details::measures(std::uint64_t k) const { return (k - 1) % stride_ == 0 || k == total_; }

void Details::before(std::uint64_t k, Params& params) {
  before_.clear();
  if (!measures(k)) return;
  for (Parameter& parameter : params) {
    if (before_.size() == kMostParameters) break;
    const std::span<const float> values = parameter.value<float>();
    before_.emplace_back(values.begin(), values.end());
  }
}

void Details::after(const Report& report, Params& params, const StepSeconds& seconds) {
  ++since_;
  if (before_.empty() || report.waits || report.skipped) return;
  JsonArray parameters;
  std::size_t i = 0;
  for (Parameter& parameter : params) {
    if (i == before_.size()) break;
    parameters.raw(parameter_json(parameter, before_[i++]));
  }
  const auto mean = [&](double StepSeconds::*part) {
    return (seconds.*part - told_.*part) / static_cast<double>(since_);
  };
  file_.add(JsonObject()
                .add("update", report.update)
                .raw("seconds", JsonObject()
                                    .add("data", mean(&StepSeconds::data))
                                    .add("forward", mean(&StepSeconds::forward))
                                    .add("backward", mean(&StepSeconds::backward))
                                    .add("update", mean(&StepSeconds::update))
                                    .text())
                .raw("parameters", parameters.text())
                .text());
  told_ = seconds;
  since_ = 0;
}

}  // namespace thalweg
