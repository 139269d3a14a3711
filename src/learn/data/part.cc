#include "data/part.h"

#include <utility>
#include <vector>

namespace thalweg {
namespace {

Samples copy(const Samples& from, std::size_t columns, std::span<const std::uint32_t> rows) {
  Samples out;
  std::vector<float> inputs(rows.size() * from.features());
  from.gather(rows, inputs);
  out.assign(from.features(), std::move(inputs));
  for (const std::uint32_t row : rows) {
    if (!from.labels.empty()) out.labels.push_back(from.labels[row]);
    out.rows.push_back(from.rows.empty() ? row : from.rows[row]);
    if (from.values.empty()) continue;
    const auto first = from.values.begin() + static_cast<std::ptrdiff_t>(row * columns);
    out.values.insert(out.values.end(), first, first + static_cast<std::ptrdiff_t>(columns));
  }
  return out;
}

}  // namespace

Dataset parted(const Dataset& data, std::span<const std::uint32_t> train,
               std::span<const std::uint32_t> test) {
  Dataset out;
  out.text = data.text;
  out.full_text = data.full_text;
  out.sample = data.sample;
  out.classes = data.classes;
  out.columns = data.columns;
  out.target_scaling = data.target_scaling;
  out.train = copy(data.train, data.columns, train);
  out.test = copy(data.train, data.columns, test);
  return out;
}

}  // namespace thalweg
