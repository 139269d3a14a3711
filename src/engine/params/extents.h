// Whose memory is whose.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace thalweg {

class Parameter;

// Ranges of memory in use, none of which overlap.
class Extents {
 public:
  struct Extent {
    std::uintptr_t begin, end;
    const Parameter* owner;
  };

  // Nothing for null or no bytes.
  void add(const void* data, std::size_t bytes, const Parameter& owner);
  void remove(const void* data);
  // These, ordered by their begin, in place of all.
  void replace(std::vector<Extent> extents);

  // Whose range meets this one, or null.
  const Parameter* owner_of(const void* data, std::size_t bytes) const;

  // All, ordered by their begin.
  const std::vector<Extent>& in_order();

 private:
  std::vector<Extent> settled_;             // ordered
  std::map<std::uintptr_t, Extent> added_;  // since, by their begin
};

}  // namespace thalweg
