// What all ranks do together, made of messages. Every rank calls the same functions in the same order.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thalweg/comm.h"

namespace thalweg {

// "rank 3 on node7".
std::string name_of(const Comm& comm, int rank);

// Messages that are on their way.
class Pending {
 public:
  // `what` is named where a rank does not answer: "the gradients".
  Pending(Comm& comm, std::string_view what) : comm_(&comm), what_(what) {}

  void send(int to, std::span<const std::byte> bytes);
  void receive(int from, std::span<std::byte> bytes);

  // Until all are done but the last `except` that were begun. Throws Error(failure) after the deadline, or
  // where a rank is lost.
  void wait(std::size_t except = 0);

  // The same in steps: takes note of those at the front that are done, and tells how many; and passes a
  // moment after nothing was, for the first one of those that are left, or throws.
  std::size_t advance();
  void idle();

  std::size_t size() const { return messages_.size(); }  // not done
  std::uint64_t begun() const { return ended_ + messages_.size(); }
  std::uint64_t ended() const { return ended_; }

 private:
  struct Message {
    Comm::Ticket ticket;
    int rank;
    bool comes;  // else it goes
  };
  [[noreturn]] void give_up(const Message& message) const;
  [[noreturn]] void give_up(int lost) const;

  Comm* comm_;
  std::string_view what_;
  std::deque<Message> messages_;  // that are not done
  std::uint64_t ended_ = 0;
  int spins_ = 0;
  std::chrono::steady_clock::time_point since_{};  // when it began to wait
};

// The parts of all ranks in the memory of every one: rank r has given bytes [parts[r], parts[r + 1]).
void all_gather(Comm& comm, std::span<std::byte> memory, std::span<const std::size_t> parts,
                std::string_view what);

// What `root` has, in the memory of all.
void broadcast(Comm& comm, int root, std::span<std::byte> memory, std::string_view what);

// The texts of all ranks, of any lengths.
std::vector<std::string> all_texts(Comm& comm, const std::string& text, std::string_view what);

// One value of each rank, on every rank.
template <class T>
std::vector<T> all_values(Comm& comm, const T& value, std::string_view what) {
  const auto ranks = static_cast<std::size_t>(comm.size());
  std::vector<T> values(ranks);
  std::vector<std::size_t> parts(ranks + 1);
  for (std::size_t r = 0; r <= ranks; ++r) parts[r] = r * sizeof(T);
  values[static_cast<std::size_t>(comm.rank())] = value;
  all_gather(comm, std::as_writable_bytes(std::span(values)), parts, what);
  return values;
}

}  // namespace thalweg
