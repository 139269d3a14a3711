// How a storey enters what it can name into the catalogue.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>

#include "base/spec.h"
#include "thalweg/catalog.h"

namespace thalweg {

CatalogEntry catalog_entry(std::string_view kind, const Spec& spec);

// A catalogue while so many names are registered; what was handed out before stays.
class CatalogStates {
 public:
  template <class Collect>
  const std::vector<CatalogEntry>& at(std::size_t registered, const Collect& collect) {
    const std::lock_guard lock(mutex_);
    const auto [found, fresh] = states_.try_emplace(registered);
    if (fresh) found->second = collect();
    return found->second;
  }

 private:
  std::mutex mutex_;
  std::map<std::size_t, std::vector<CatalogEntry>> states_;
};

}  // namespace thalweg
