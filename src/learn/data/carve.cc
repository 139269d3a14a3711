#include "data/carve.h"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "data/part.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::size_t kJudgeShare = 5;  // one in so many

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
  return parted(data, rows.subspan(judged, std::min(train, n - judged)), rows.first(judged));
}

}  // namespace thalweg
