#include "data/split.h"

#include "base/random.h"

namespace thalweg {
namespace {

Samples part(std::size_t features, std::span<const std::uint8_t> inputs, std::span<const std::int32_t> labels,
             const std::vector<bool>& held_out, bool wanted) {
  Samples samples;
  std::vector<std::uint8_t> bytes;
  for (std::uint32_t row = 0; row < labels.size(); ++row) {
    if (held_out[row] != wanted) continue;
    const std::span<const std::uint8_t> input = inputs.subspan(row * features, features);
    bytes.insert(bytes.end(), input.begin(), input.end());
    samples.labels.push_back(labels[row]);
    samples.rows.push_back(row);
  }
  samples.assign(features, std::move(bytes));
  return samples;
}

}  // namespace

std::vector<bool> hold_out(std::span<const std::int32_t> labels, std::size_t classes, std::uint64_t seed) {
  std::vector<std::vector<std::uint32_t>> members(classes);
  for (std::uint32_t row = 0; row < labels.size(); ++row) members[labels[row]].push_back(row);
  std::vector<bool> held_out(labels.size());
  for (std::size_t label = 0; label < classes; ++label) {
    const std::vector<std::uint32_t>& rows = members[label];
    const std::vector<std::uint32_t> order = Random(seed, Purpose::split, label).permutation(rows.size());
    const std::size_t share = (2 * rows.size() + 5) / 10;
    for (std::size_t i = 0; i < share; ++i) held_out[rows[order[i]]] = true;
  }
  return held_out;
}

void divide(Dataset& data, std::size_t features, std::span<const std::uint8_t> inputs,
            std::span<const std::int32_t> labels, const std::vector<bool>& held_out) {
  data.train = part(features, inputs, labels, held_out, false);
  data.test = part(features, inputs, labels, held_out, true);
}

}  // namespace thalweg
