#include "experiments/samples.h"

#include <algorithm>
#include <numeric>

#include "base/random.h"

namespace thalweg::experiments {
namespace {

std::vector<std::uint32_t> all_rows(const Samples& samples) {
  std::vector<std::uint32_t> rows(samples.size());
  std::iota(rows.begin(), rows.end(), 0u);
  return rows;
}

std::vector<float> inputs_of(const Samples& samples) {
  std::vector<float> inputs(samples.size() * samples.features());
  samples.gather(all_rows(samples), inputs);
  return inputs;
}

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

Samples joined(const Samples& first, const Samples& second) {
  Samples out = first;
  std::vector<float> inputs = inputs_of(first);
  append(inputs, inputs_of(second));
  append(out.labels, second.labels);
  append(out.values, second.values);
  append(out.rows, second.rows);
  out.set_scaling({});
  out.assign(first.features(), std::move(inputs));
  return out;
}

}  // namespace

Samples multiplied(const Samples& samples, std::span<const float> factors) {
  Samples out = samples;
  std::vector<float> inputs = inputs_of(samples);
  for (std::size_t i = 0; i < inputs.size(); ++i) inputs[i] *= factors[i / samples.features()];
  out.set_scaling({});
  out.assign(samples.features(), std::move(inputs));
  return out;
}

Dataset repeated(const Dataset& data, std::size_t size) {
  std::vector<std::uint32_t> rows(size);
  for (std::size_t i = 0; i < size; ++i) rows[i] = static_cast<std::uint32_t>(i % data.train.size());
  Dataset out = data;
  out.train = data.train.subset(rows);
  return out;
}

Dataset fewer(const Dataset& data, std::size_t size, std::uint64_t seed) {
  const std::vector<std::uint32_t> order = Random(seed, Purpose::split, 0).permutation(data.train.size());
  const std::size_t kept = std::min(size, order.size());
  Dataset out = data;
  out.train = data.train.subset(std::span(order).first(kept));
  out.test = joined(data.test, data.train.subset(std::span(order).subspan(kept)));
  return out;
}

Samples half(const Samples& samples, int which) {
  std::vector<std::uint32_t> rows;
  for (std::size_t i = static_cast<std::size_t>(which); i < samples.size(); i += 2) {
    rows.push_back(static_cast<std::uint32_t>(i));
  }
  return samples.subset(rows);
}

}  // namespace thalweg::experiments
