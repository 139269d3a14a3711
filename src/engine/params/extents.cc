#include "params/extents.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace thalweg {
namespace {

bool before(const Extents::Extent& a, const Extents::Extent& b) { return a.begin < b.begin; }

}  // namespace

void Extents::add(const void* data, std::size_t bytes, const Parameter& owner) {
  if (data == nullptr || bytes == 0) return;
  const auto begin = reinterpret_cast<std::uintptr_t>(data);
  added_.insert_or_assign(added_.end(), begin, Extent{begin, begin + bytes, &owner});  // most often the last
}

void Extents::remove(const void* data) {
  const auto begin = reinterpret_cast<std::uintptr_t>(data);
  if (added_.erase(begin) > 0) return;
  const auto found = std::ranges::lower_bound(settled_, begin, {}, &Extent::begin);
  if (found != settled_.end() && found->begin == begin) settled_.erase(found);
}

void Extents::replace(std::vector<Extent> extents) {
  settled_ = std::move(extents);
  added_.clear();
}

const Parameter* Extents::owner_of(const void* data, std::size_t bytes) const {
  if (data == nullptr || bytes == 0) return nullptr;
  const auto begin = reinterpret_cast<std::uintptr_t>(data);
  // The last range that begins before our end.
  const auto added = added_.lower_bound(begin + bytes);
  if (added != added_.begin() && std::prev(added)->second.end > begin) return std::prev(added)->second.owner;
  const auto settled = std::ranges::lower_bound(settled_, begin + bytes, {}, &Extent::begin);
  if (settled != settled_.begin() && std::prev(settled)->end > begin) return std::prev(settled)->owner;
  return nullptr;
}

const std::vector<Extents::Extent>& Extents::in_order() {
  if (added_.empty()) return settled_;
  const auto middle = static_cast<std::ptrdiff_t>(settled_.size());
  for (const auto& [begin, extent] : added_) settled_.push_back(extent);
  std::inplace_merge(settled_.begin(), settled_.begin() + middle, settled_.end(), before);
  added_.clear();
  return settled_;
}

}  // namespace thalweg
