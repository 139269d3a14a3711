#include "experiments/samples.h"

#include <algorithm>
#include <numeric>

#include "base/random.h"

namespace thalweg::experiments {
namespace {

void append(const Samples& from, std::span<const std::uint32_t> rows, std::vector<float>& inputs,
            Samples& to) {
  const std::size_t before = inputs.size(), columns = from.size() > 0 ? from.values.size() / from.size() : 0;
  inputs.resize(before + rows.size() * from.features());
  from.gather(rows, std::span(inputs).subspan(before));
  for (const std::uint32_t row : rows) {
    if (!from.labels.empty()) to.labels.push_back(from.labels[row]);
    for (std::size_t i = 0; i < columns; ++i) to.values.push_back(from.values[row * columns + i]);
    to.rows.push_back(from.rows.empty() ? row : from.rows[row]);
  }
}

std::vector<std::uint32_t> all_rows(const Samples& samples) {
  std::vector<std::uint32_t> rows(samples.size());
  std::iota(rows.begin(), rows.end(), 0u);
  return rows;
}

}  // namespace

Samples picked(const Samples& samples, std::span<const std::uint32_t> rows, std::span<const float> factors) {
  Samples out;
  std::vector<float> inputs;
  append(samples, rows, inputs, out);
  for (std::size_t i = 0; i < inputs.size() && !factors.empty(); ++i) {
    inputs[i] *= factors[i / samples.features()];
  }
  out.assign(samples.features(), std::move(inputs));
  return out;
}

Dataset repeated(const Dataset& data, std::size_t size) {
  std::vector<std::uint32_t> rows(size);
  for (std::size_t i = 0; i < size; ++i) rows[i] = static_cast<std::uint32_t>(i % data.train.size());
  Dataset out = data;
  out.train = picked(data.train, rows);
  return out;
}

Dataset fewer(const Dataset& data, std::size_t size, std::uint64_t seed) {
  const std::vector<std::uint32_t> order = Random(seed, Purpose::split, 0).permutation(data.train.size());
  const std::span kept = std::span(order).first(std::min(size, order.size()));
  Dataset out = data;
  out.train = picked(data.train, kept);
  Samples test;
  std::vector<float> inputs;
  append(data.test, all_rows(data.test), inputs, test);
  append(data.train, std::span(order).subspan(kept.size()), inputs, test);
  test.assign(data.train.features(), std::move(inputs));
  out.test = std::move(test);
  return out;
}

Samples half(const Samples& samples, int which) {
  std::vector<std::uint32_t> rows;
  for (std::size_t i = static_cast<std::size_t>(which); i < samples.size(); i += 2) {
    rows.push_back(static_cast<std::uint32_t>(i));
  }
  return picked(samples, rows);
}

}  // namespace thalweg::experiments
