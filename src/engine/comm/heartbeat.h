// Whether the processes of other ranks run: who waits for a message cannot tell one that stands still from
// one that computes.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <thread>

#include "thalweg/comm.h"

namespace thalweg {

// A thread that tells the next rank every now and then that this process runs, by UDP, and hears the rank
// before: of ranks that stand still, the first one after them knows. Where no network carries that, nobody
// does, and the deadline of the Comm is left.
class Heartbeat {
 public:
  // Seconds of silence: THALWEG_RANK_PATIENCE, or 15; with 0 nobody beats.
  static double patience();

  // All ranks make theirs together.
  explicit Heartbeat(Comm& comm, double patience = Heartbeat::patience());
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  // The rank before this one, where it was heard and is no more.
  std::optional<int> lost() const;
  // This rank is about to end as it should: the next one need not wonder. It beats no more.
  void leave();

 private:
  // Where a rank is reached, IPv4 in the network's order, and the word that it says, which nobody else knows.
  struct Card {
    std::uint64_t word;
    std::uint32_t port, hosts;
    std::array<std::uint32_t, 16> host;
  };

  enum class Heard { nothing, beat, goodbye };

  Card open();
  void end();
  void work();
  void say(std::uint64_t word) const;
  Heard hear() const;

  const int before_, process_;
  const double patience_;
  int socket_ = -1, end_ = -1;  // an event: the thread shall end
  Card own_{}, next_{};
  std::uint64_t word_before_ = 0;
  bool shares_host_ = false;  // with the next rank
  std::atomic<bool> silent_{false};
  std::thread thread_;
};

}  // namespace thalweg
