#include "problems/gradients.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "base/spec.h"
#include "problems/normal.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

// One number an element; none where all of them are 0.
std::vector<double> noise_of(const Problem& problem, const DescendOptions& options) {
  const std::size_t n = problem.dimension();
  for (const double noise : options.noise) {
    if (noise >= 0 && std::isfinite(noise)) continue;
    throw Error(Code::usage,
                {"descend", "the noise is out of range", print_number(noise), "a number from 0", ""});
  }
  if (options.noise.size() > 1 && options.noise.size() != n) {
    throw Error(Code::usage, {"descend", "the noise has the wrong dimension",
                              std::to_string(options.noise.size()) + " numbers",
                              "1 or " + std::to_string(n) + " for `" + problem.text() + "`", ""});
  }
  if (std::ranges::all_of(options.noise, [](double noise) { return noise == 0; })) return {};
  return options.noise.size() == 1 ? std::vector<double>(n, options.noise.front()) : options.noise;
}

}  // namespace

Gradients::Gradients(const Problem& problem, const DescendOptions& options)
    : problem_(problem),
      options_(options),
      noise_(noise_of(problem, options)),
      samples_(problem.samples() > 0 ? problem.samples() : DescendOptions::kNoisySamples) {
  if (options.batch > samples_) {
    throw Error(Code::usage, {"descend", "the batch is larger than the data", std::to_string(options.batch),
                              "at most " + std::to_string(samples_), "0 is the full batch"});
  }
  if (options.batch > 0 && problem.samples() == 0 && noise_.empty()) {
    throw Error(Code::usage,
                {"descend", "a function without samples has no batches", "`" + problem.text() + "`",
                 "noise above 0, or a problem with samples",
                 "try linear_regression, or noise 1 for each of " + std::to_string(samples_) + " samples"});
  }
  if (options.batch > 0 && problem.samples() == 0) make_offsets();
}

void Gradients::make_offsets() {
  const std::size_t n = problem_.dimension();
  offsets_.resize(samples_ * n);
  for (std::size_t row = 0; row < samples_; ++row) {
    const Random random(options_.seed, Purpose::noise, row);
    for (std::size_t i = 0; i < n; ++i) offsets_[row * n + i] = noise_[i] * normal(random, i);
  }
  for (std::size_t i = 0; i < n; ++i) {
    double mean = 0;
    for (std::size_t row = 0; row < samples_; ++row) mean += offsets_[row * n + i];
    mean /= static_cast<double>(samples_);
    for (std::size_t row = 0; row < samples_; ++row) offsets_[row * n + i] -= mean;
  }
}

// An epoch ends with what is left.
std::span<const std::uint32_t> Gradients::rows_of(std::uint64_t n) {
  if (options_.batch == 0) return {};
  const std::uint64_t batch = options_.batch, batches = (samples_ + batch - 1) / batch;
  if (n / batches != epoch_) {
    epoch_ = n / batches;
    order_ = Random(options_.seed, Purpose::shuffle, epoch_).permutation(samples_);
  }
  const std::size_t first = static_cast<std::size_t>(n % batches * batch);
  return std::span<const std::uint32_t>(order_).subspan(
      first, std::min<std::size_t>(samples_ - first, static_cast<std::size_t>(batch)));
}

void Gradients::add_noise(std::uint64_t n, std::span<double> out) const {
  const Random random(options_.seed, Purpose::noise, n);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] += noise_[i] * normal(random, i);
}

void Gradients::add_offsets(std::span<const std::uint32_t> rows, std::span<double> out) const {
  for (const std::uint32_t row : rows) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] += offsets_[row * out.size() + i] / static_cast<double>(rows.size());
    }
  }
}

void Gradients::write(std::span<const double> x, std::uint64_t n, std::span<double> out) {
  const bool whole = options_.batch == 0;
  if (whole || !offsets_.empty()) {
    problem_.gradient(x, out);
  } else {
    problem_.gradient(x, rows_of(n), out);
  }
  if (!offsets_.empty()) {
    add_offsets(rows_of(n), out);
  } else if (!noise_.empty()) {
    add_noise(n, out);
  }
}

}  // namespace thalweg
