#include "device/statistics.h"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdint>

#include "device/reduce.h"

namespace thalweg {
namespace {

constexpr int kLowest = -40, kHighest = 23;  // exponents with a bin of their own

constexpr std::uint8_t kNoBin = kHistogramBins;  // of NaN

std::uint8_t bin_of(double x) {
  const auto high = static_cast<std::int32_t>(std::bit_cast<std::uint64_t>(x) >> 32);
  const int exponent = (high >> 20 & 0x7ff) - 1023;
  const int steps = std::clamp(exponent - kLowest + 1, 0, kHighest - kLowest + 1);
  const int bin = static_cast<int>(kZeroBin) + (high < 0 ? -steps : steps);
  return static_cast<std::uint8_t>(x != x ? kNoBin : bin);
}

// Counts x(i) for i in 0 .. n-1: the bins of some first, and those in turns into tables of their own, because
// the next one is most often the same.
template <class F>
void count_all(Histogram& histogram, std::size_t n, const F& x) {
  constexpr std::size_t kAtOnce = 512, kTables = 4;
  std::array<std::uint8_t, kAtOnce> bins;
  std::array<std::array<std::uint32_t, kNoBin + 1>, kTables> tables{};
  for (std::size_t begin = 0; begin < n; begin += kAtOnce) {
    const std::size_t some = std::min(kAtOnce, n - begin);
    for (std::size_t i = 0; i < some; ++i) bins[i] = bin_of(x(begin + i));
    for (std::size_t i = 0; i < some; ++i) ++tables[i % kTables][bins[i]];
  }
  for (const auto& table : tables) {
    for (std::size_t bin = 0; bin < kHistogramBins; ++bin) histogram[bin] += table[bin];
  }
}

// Adds the seconds of its life.
struct Timed {
  double& seconds;
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  ~Timed() { seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); }
};

void add_to(Histogram& sum, const Histogram& part) {
  for (std::size_t i = 0; i < kHistogramBins; ++i) sum[i] += part[i];
}

}  // namespace

Measurer::Measurer(const Params& params, const Blocks& blocks, const Statistics& wanted, int members)
    : blocks_(blocks),
      wanted_(wanted),
      grads_(blocks.all()),
      values_(blocks.all()),
      updates_(blocks.all()),
      seen_(blocks.all()),
      reports_(params.size()),
      update_ratio_(std::numeric_limits<double>::quiet_NaN()) {
  if (wanted.histograms) counts_.resize(static_cast<std::size_t>(members) * params.size());
  for (std::size_t p = 0; p < params.size(); ++p) reports_[p].parameter = &params[p];
}

void Measurer::clear(double grad_scale) {
  seconds_ = 0;
  const Timed timed{seconds_};
  grad_scale_ = grad_scale;
  for (auto* sums : {&grads_, &values_, &updates_}) std::fill(sums->begin(), sums->end(), Total{});
  std::fill(seen_.begin(), seen_.end(), char{0});
  std::fill(counts_.begin(), counts_.end(), Counts{});
}

template <class T>
void Measurer::count(Counts& counts, const T* grad, const T* before, const T* after, std::size_t n) const {
  const auto old = [=](std::size_t i) { return static_cast<double>(before[i]); };
  const auto now = [=](std::size_t i) { return static_cast<double>(after[i]); };
  const double scale = grad_scale_;
  count_all(counts.grads, n, [=](std::size_t i) { return scale * static_cast<double>(grad[i]); });
  count_all(counts.values, n, now);
  count_all(counts.updates, n, [=](std::size_t i) { return now(i) - old(i); });
}

void Measurer::add(const CoreKernels& core, int member, std::size_t parameter, std::size_t block,
                   const void* grad, const void* before, const void* after, std::size_t n) {
  double others = 0;
  const Timed timed{member == 0 ? seconds_ : others};
  const std::size_t at = blocks_.first[parameter] + block;
  seen_[at] = 1;
  const Dtype dtype = reports_[parameter].parameter->dtype();
  const auto squares = [&](const void* of, const void* less) {
    return total_of(dtype, [&](double scale) {
      return core.squares({scale, less == nullptr ? 0.0 : -scale}, of, less, n);
    });
  };
  if (wanted_.norms) grads_[at] = squares(grad, nullptr);
  if (wanted_.norms || wanted_.update_ratio) {
    values_[at] = squares(before, nullptr);
    updates_[at] = squares(after, before);
  }
  if (!wanted_.histograms) return;
  Counts& counts = counts_[static_cast<std::size_t>(member) * reports_.size() + parameter];
  if (dtype == Dtype::f32) {
    count(counts, static_cast<const float*>(grad), static_cast<const float*>(before),
          static_cast<const float*>(after), n);
  } else {
    count(counts, static_cast<const double*>(grad), static_cast<const double*>(before),
          static_cast<const double*>(after), n);
  }
}

std::span<std::uint64_t> Measurer::counts() {
  if (counts_.empty()) return {};
  static_assert(sizeof(Counts) % sizeof(std::uint64_t) == 0);
  const std::size_t n = reports_.size();
  for (std::size_t i = n; i < counts_.size(); ++i) {
    Counts& sum = counts_[i % n];
    add_to(sum.grads, counts_[i].grads);
    add_to(sum.values, counts_[i].values);
    add_to(sum.updates, counts_[i].updates);
    counts_[i] = {};
  }
  return {counts_.front().grads.data(), n * sizeof(Counts) / sizeof(std::uint64_t)};
}

void Measurer::finish() {
  const Timed timed{seconds_};
  const auto sum_of = [&](const std::vector<Total>& blocks, std::size_t p) {
    return tree_sum(blocks_.first[p], blocks_.of(p), [&](std::size_t block) { return blocks[block]; });
  };
  const auto ratio = [](const Total& a, const Total& b) {
    return std::sqrt(a.sum) / std::sqrt(b.sum) * (a.unit / b.unit);
  };
  const std::size_t members = counts_.size() / std::max<std::size_t>(reports_.size(), 1);
  Total before, update;
  for (std::size_t p = 0; p < reports_.size(); ++p) {
    ParameterReport& report = reports_[p];
    const bool seen = blocks_.of(p) > 0 && seen_[blocks_.first[p]] != 0;
    const Parameter* parameter = report.parameter;
    report = {};
    report.parameter = parameter;
    for (std::size_t member = 0; member < members; ++member) {
      const Counts& counts = counts_[member * reports_.size() + p];
      add_to(report.grads, counts.grads);
      add_to(report.values, counts.values);
      add_to(report.updates, counts.updates);
    }
    if (!seen || !(wanted_.norms || wanted_.update_ratio)) continue;
    const Total squared_value = sum_of(values_, p), squared_update = sum_of(updates_, p);
    before = before + squared_value;
    update = update + squared_update;
    if (wanted_.norms) {
      report.grad_norm = grad_scale_ * sum_of(grads_, p).norm();
      report.value_norm = squared_value.norm();
      report.update_norm = squared_update.norm();
    }
    if (wanted_.update_ratio) report.update_ratio = ratio(squared_update, squared_value);
  }
  if (wanted_.update_ratio) update_ratio_ = ratio(update, before);
}

}  // namespace thalweg
