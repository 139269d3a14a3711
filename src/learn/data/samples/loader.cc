#include <algorithm>
#include <array>
#include <numeric>

#include "base/random.h"
#include "thalweg/dataset.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::array<std::string_view, 3> kOrders = {"shuffle", "replacement", "file"};

std::vector<std::uint32_t> draw(const Random& random, std::size_t count, std::size_t size) {
  std::vector<std::uint32_t> drawn(count);
  for (std::size_t i = 0; i < count; ++i) drawn[i] = static_cast<std::uint32_t>(random.below(size, i));
  return drawn;
}

}  // namespace

std::string_view order_name(Order order) { return kOrders[static_cast<std::size_t>(order)]; }

Order parse_order(std::string_view word, std::string_view where) {
  const auto found = std::find(kOrders.begin(), kOrders.end(), word);
  if (found != kOrders.end()) return static_cast<Order>(found - kOrders.begin());
  throw Error(Code::usage, {std::string(where), "unknown order", "`" + std::string(word) + "`",
                            std::string(order_names()), ""});
}

std::string_view order_names() { return "shuffle|replacement|file"; }

Loader::Loader(std::size_t size, std::size_t batch, std::uint64_t seed, Order order)
    : size_(size),
      batch_(batch == 0 ? size : std::min(batch, size)),
      seed_(seed),
      order_(order),
      updates_per_epoch_(0),
      drawn_(0) {
  if (size == 0)
    throw Error(Code::data, {"data", "there is nothing to learn from", "no samples", "one or more", ""});
  if (size > UINT32_MAX) {
    throw Error(Code::usage, {"data", "too many samples", std::to_string(size), "at most 2^32 - 1", ""});
  }
  updates_per_epoch_ = (size_ - 1) / batch_ + 1;
}

std::span<const std::uint32_t> Loader::samples(std::uint64_t update) {
  const std::uint64_t epoch = update / updates_per_epoch_;
  const bool anew = visits_.empty();
  if (order_ == Order::replacement) {
    if (anew || drawn_ != update) visits_ = draw({seed_, Purpose::replacement, update}, batch_, size_);
    drawn_ = update;
    return visits_;
  }
  if (order_ == Order::file || updates_per_epoch_ == 1) {
    if (anew) visits_.resize(size_);
    if (anew) std::iota(visits_.begin(), visits_.end(), 0u);
  } else if (anew || drawn_ != epoch) {
    visits_ = Random(seed_, Purpose::shuffle, epoch).permutation(size_);
    drawn_ = epoch;
  }
  const std::size_t first = (update % updates_per_epoch_) * batch_;
  return std::span(visits_).subspan(first, std::min(batch_, size_ - first));
}

}  // namespace thalweg
