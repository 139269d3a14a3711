// What C holds of an object: an index and how often its place was used before, never an address. So a handle
// that was destroyed, or never made, is found out.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace thalweg::c {

enum class Kind : std::uint32_t { params, optimizer, schedule, comm, model, trainer, predicted };

// Looking one up takes no lock; making and destroying do.
class Handles {
 public:
  // Of the process.
  static Handles& all();

  void* add(Kind kind, std::shared_ptr<void> object);
  // The object; throws Error(usage) for a handle of no object, or of one of another kind.
  void* get(Kind kind, const void* handle) const;
  // The same, kept alive by whoever holds it.
  std::shared_ptr<void> share(Kind kind, const void* handle);
  // Frees all places where nothing lives.
  void forget_unused();
  // Forgets it. Throws as get().
  void remove(Kind kind, void* handle);

 private:
  struct Place {
    std::atomic<std::uint32_t> uses = 0;  // odd while an object lives here
    Kind kind = {};
    std::shared_ptr<void> object;
  };
  static constexpr std::size_t kChunk = 1024, kMostChunks = 16384;
  using Chunk = std::array<Place, kChunk>;

  Place* find(Kind kind, const void* handle) const;

  std::mutex changing_;
  std::vector<std::unique_ptr<Chunk>> chunks_;                // owned
  std::array<std::atomic<Chunk*>, kMostChunks> places_ = {};  // the same, to be read without a lock
  std::vector<std::uint32_t> free_;
};

}  // namespace thalweg::c
