// What a program has added to what is listed.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/spec.h"
#include "thalweg/error.h"

namespace thalweg {

// In the order of registration; nothing is ever taken away, so that what is found stays. Any thread may call.
// T has `const Spec& spec() const`.
template <class T>
class Registered {
 public:
  // Throws Error(usage) for a name that is there.
  void add(std::unique_ptr<const T> entry) {
    const std::unique_lock lock(mutex_);
    if (at(entry->spec().name) != nullptr) {
      throw Error(Code::usage, {"`" + std::string(entry->spec().name) + "`", "the name is registered already",
                                "", "another name", "register once, before the first use"});
    }
    entries_.push_back(std::move(entry));
  }

  const T* find(std::string_view name) const {  // null: there is none
    const std::shared_lock lock(mutex_);
    return at(name);
  }

  std::vector<const T*> all() const {
    const std::shared_lock lock(mutex_);
    std::vector<const T*> out;
    for (const auto& entry : entries_) out.push_back(entry.get());
    return out;
  }

 private:
  const T* at(std::string_view name) const {
    const auto found =
        std::ranges::find_if(entries_, [&](const auto& entry) { return entry->spec().name == name; });
    return found == entries_.end() ? nullptr : found->get();
  }

  mutable std::shared_mutex mutex_;
  std::vector<std::unique_ptr<const T>> entries_;
};

}  // namespace thalweg
