#include "study/carve.h"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::size_t kJudgeShare = 5;  // one in so many

Samples copy(const Samples& from, std::size_t columns, std::span<const std::uint32_t> rows) {
  Samples out;
  std::vector<float> inputs(rows.size() * from.features());
  from.gather(rows, inputs);
  out.assign(from.features(), std::move(inputs));
  for (const std::uint32_t row : rows) {
    if (!from.labels.empty()) out.labels.push_back(from.labels[row]);
    if (!from.rows.empty()) out.rows.push_back(from.rows[row]);
    if (from.values.empty()) continue;
    const auto first = from.values.begin() + static_cast<std::ptrdiff_t>(row * columns);
    out.values.insert(out.values.end(), first, first + static_cast<std::ptrdiff_t>(columns));
  }
  return out;
}

}  // namespace

Dataset carve(const Dataset& data, std::size_t train, std::size_t judge, std::uint64_t seed) {
  const std::size_t n = data.train.size();
  if (n < 2) {
    throw Error(Code::data, {data.text, "too few samples to train on some and judge by others",
                             std::to_string(n), "two or more", ""});
  }
  const std::vector<std::uint32_t> order = Random(seed, Purpose::split, 1).permutation(n);
  const std::size_t judged = std::clamp<std::size_t>(n / kJudgeShare, 1, std::max<std::size_t>(1, judge));
  const std::span<const std::uint32_t> rows(order);
  Dataset out;
  out.text = data.text;
  out.full_text = data.full_text;
  out.sample = data.sample;
  out.classes = data.classes;
  out.columns = data.columns;
  out.target_scaling = data.target_scaling;
  out.test = copy(data.train, data.columns, rows.first(judged));
  out.train = copy(data.train, data.columns, rows.subspan(judged, std::min(train, n - judged)));
  return out;
}

}  // namespace thalweg
