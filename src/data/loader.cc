#include <algorithm>
#include <numeric>

#include "base/random.h"
#include "thalweg/dataset.h"
#include "thalweg/error.h"

namespace thalweg {

Loader::Loader(std::size_t size, std::size_t batch, std::uint64_t seed)
    : size_(size),
      batch_(batch == 0 ? size : std::min(batch, size)),
      seed_(seed),
      updates_per_epoch_(0),
      epoch_(0) {
  if (size == 0)
    throw Error(Code::data, {"data", "there is nothing to learn from", "no samples", "one or more", ""});
  if (size > UINT32_MAX) {
    throw Error(Code::usage, {"data", "too many samples", std::to_string(size), "at most 2^32 - 1", ""});
  }
  updates_per_epoch_ = (size_ - 1) / batch_ + 1;
}

std::span<const std::uint32_t> Loader::samples(std::uint64_t update) {
  const std::uint64_t epoch = update / updates_per_epoch_;
  const bool whole = updates_per_epoch_ == 1;
  if (order_.empty() && whole) {
    order_.resize(size_);
    std::iota(order_.begin(), order_.end(), 0u);
  }
  if (!whole && (order_.empty() || epoch != epoch_)) {
    order_ = Random(seed_, Purpose::shuffle, epoch).permutation(size_);
    epoch_ = epoch;
  }
  const std::size_t first = (update % updates_per_epoch_) * batch_;
  return std::span(order_).subspan(first, std::min(batch_, size_ - first));
}

}  // namespace thalweg
