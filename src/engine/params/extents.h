// Whose memory is whose.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

namespace thalweg {

class Parameter;

// Ranges of memory in use, none of which overlap.
class Extents {
 public:
  // Nothing for null or no bytes.
  void add(const void* data, std::size_t bytes, const Parameter& owner);
  void remove(const void* data);
  // Whose range meets this one, or null.
  const Parameter* owner_of(const void* data, std::size_t bytes) const;

 private:
  struct Extent {
    std::uintptr_t end;
    const Parameter* owner;
  };
  std::map<std::uintptr_t, Extent> extents_;  // by their begin
};

}  // namespace thalweg
