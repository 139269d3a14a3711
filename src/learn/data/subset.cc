#include "data/subset.h"

#include <algorithm>
#include <string>

#include "base/random.h"
#include "data/parts/parts.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::size_t kJudgeShare = 5;  // one in so many

// What training samples are drawn by. Values are one class; samples of no class are one more.
struct Classes {
  std::vector<std::int32_t> labels;
  std::size_t classes = 1;
};

Classes classes_of(const Dataset& data) {
  if (data.classes == 0) return {std::vector<std::int32_t>(data.train.size())};
  Classes out{data.train.labels, data.classes};
  std::ranges::replace(out.labels, kNoClass, static_cast<std::int32_t>(data.classes));
  if (std::ranges::find(data.train.labels, kNoClass) != data.train.labels.end()) ++out.classes;
  return out;
}

}  // namespace

std::vector<std::uint32_t> rows_where(const std::vector<bool>& marked, bool wanted) {
  std::vector<std::uint32_t> rows;
  for (std::uint32_t row = 0; row < marked.size(); ++row) {
    if (marked[row] == wanted) rows.push_back(row);
  }
  return rows;
}

Dataset subset(const Dataset& data, std::span<const std::uint32_t> train,
               std::span<const std::uint32_t> test) {
  Dataset out;
  out.text = data.text;
  out.full_text = data.full_text;
  out.augment = data.augment;
  out.sample = data.sample;
  out.image = data.image;
  out.classes = data.classes;
  out.columns = data.columns;
  out.target_scaling = data.target_scaling;
  out.target_range = data.target_range;
  out.train = data.train.subset(train);
  out.test = data.train.subset(test);
  return out;
}

Dataset set_aside(const Dataset& data, std::size_t train, std::size_t judge, std::uint64_t seed) {
  const std::size_t n = data.train.size();
  if (n < 2) {
    throw Error(Code::data, {data.text, "too few samples to set some aside for validation", std::to_string(n),
                             "two or more", ""});
  }
  const std::vector<std::uint32_t> order = Random(seed, Purpose::split, 1).permutation(n);
  const std::size_t judged = std::clamp<std::size_t>(n / kJudgeShare, 1, std::max<std::size_t>(1, judge));
  const std::span<const std::uint32_t> rows(order);
  return subset(data, rows.subspan(judged, std::min(train, n - judged)), rows.first(judged));
}

Dataset validation_split(const Dataset& data, std::uint64_t seed) {
  const Classes drawn = classes_of(data);
  const std::vector<bool> held = hold_out(drawn.labels, drawn.classes, seed);
  const std::vector<std::uint32_t> train = rows_where(held, false), test = rows_where(held);
  if (train.empty() || test.empty()) {
    throw Error(Code::data, {data.text, "too few samples to find a rate by",
                             std::to_string(data.train.size()) + " to train on", "5 or more of a class", ""});
  }
  return subset(data, train, test);
}

Dataset fold_of(const Dataset& data, std::size_t fold, std::size_t folds, std::uint64_t seed) {
  PartPlan plan;
  plan.held_out = {.kind = PartSize::Kind::fold, .fold = fold + 1, .folds = folds};
  const Classes drawn = classes_of(data);
  const std::vector<RowPart> parts = draw_parts(data.text, drawn.labels, drawn.classes, seed, plan);
  return subset(data, rows_of(parts, RowPart::train), rows_of(parts, RowPart::test));
}

}  // namespace thalweg
