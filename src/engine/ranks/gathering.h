// What each rank holds of streams, to all of them or to one, and from one of them.
#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "comm/collectives.h"
#include "ranks/chunks.h"

namespace thalweg {

class Gathering {
 public:
  // `first_blocks` as Chunks.
  Gathering(Comm& comm, const Params& params, std::span<const std::size_t> first_blocks)
      : comm_(comm), chunks_(params, first_blocks) {}

  // Leaves on every rank what each has of the blocks that it holds, of parameters that are `present`; calls
  // meanwhile() once, while what is first is on its way.
  void to_all(StreamOf streams, std::span<const char> present, std::string_view what,
              const std::function<void()>* meanwhile = nullptr);
  // The same on `root` alone.
  void to(int root, StreamOf streams, std::span<const char> present, std::string_view what);
  // What `root` has of the blocks of each rank, on that.
  void from(int root, StreamOf streams, std::span<const char> present, std::string_view what);

 private:
  static constexpr int kEverybody = -1;
  void run(int root, StreamOf streams, std::span<const char> present, std::string_view what,
           const std::function<void()>* meanwhile);
  std::byte* room(std::size_t i);
  std::byte* room_of(std::size_t round, int rank);
  std::byte* place_of(const Chunk& chunk, StreamOf streams, std::size_t round, int rank);

  Comm& comm_;
  Chunks chunks_;
  Arena arena_;
  std::vector<std::byte*> rooms_;  // of a chunk each
};

}  // namespace thalweg
