#include "params/extents.h"

namespace thalweg {

void Extents::add(const void* data, std::size_t bytes, const Parameter& owner) {
  if (data == nullptr || bytes == 0) return;
  const auto begin = reinterpret_cast<std::uintptr_t>(data);
  extents_.insert_or_assign(extents_.end(), begin, Extent{begin + bytes, &owner});  // most often the last
}

void Extents::remove(const void* data) { extents_.erase(reinterpret_cast<std::uintptr_t>(data)); }

const Parameter* Extents::owner_of(const void* data, std::size_t bytes) const {
  if (data == nullptr || bytes == 0) return nullptr;
  const auto begin = reinterpret_cast<std::uintptr_t>(data);
  auto next = extents_.lower_bound(begin + bytes);  // the last range that begins before our end
  if (next == extents_.begin()) return nullptr;
  --next;
  return next->second.end <= begin ? nullptr : next->second.owner;
}

}  // namespace thalweg
