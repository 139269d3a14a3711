#include "comm/collectives.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <thread>

#include "base/spec.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

// A rank asks again at once so often, then lets others run, and sleeps between where it waits for long.
constexpr int kSpins = 2000;
constexpr double kLong = 10e-3;  // seconds
constexpr auto kSleep = std::chrono::microseconds(200);

// Calls f with each piece of the bytes that one message carries.
template <class Bytes, class F>
void for_each_message(Bytes bytes, const F& f) {
  for (std::size_t at = 0; at < bytes.size(); at += Comm::kLargest)
    f(bytes.subspan(at, std::min(Comm::kLargest, bytes.size() - at)));
}

}  // namespace

std::string name_of(const Comm& comm, int rank) {
  return "rank " + std::to_string(rank) + " on " + comm.host(rank);
}

void Pending::send(int to, std::span<const std::byte> bytes) {
  for_each_message(bytes, [&](auto part) { messages_.push_back({comm_->send(to, part), to, false}); });
}

void Pending::receive(int from, std::span<std::byte> bytes) {
  for_each_message(bytes, [&](auto part) { messages_.push_back({comm_->receive(from, part), from, true}); });
}

void Pending::wait(std::size_t except) {
  while (size() > except) {
    if (advance() == 0) idle();
  }
}

std::size_t Pending::advance() {
  std::size_t done = 0;
  for (; !messages_.empty() && comm_->done(messages_.front().ticket); ++done) messages_.pop_front();
  if (done > 0) spins_ = 0;
  ended_ += done;
  return done;
}

void Pending::idle() {
  using Clock = std::chrono::steady_clock;
  if (++spins_ < kSpins) return;
  if (spins_ == kSpins) since_ = Clock::now();
  const double waited = std::chrono::duration<double>(Clock::now() - since_).count();
  if (waited > comm_->deadline()) give_up(messages_.front());
  if (const std::optional<int> lost = comm_->lost()) give_up(*lost);
  waited > kLong ? std::this_thread::sleep_for(kSleep) : std::this_thread::yield();
}

void Pending::give_up(const Message& message) const {
  throw Error(
      Code::failure,
      {name_of(*comm_, message.rank),
       std::string(message.comes ? "nothing came from it: " : "it has not taken: ") + std::string(what_),
       print_number(comm_->deadline()) + " seconds waited on rank " + std::to_string(comm_->rank()),
       "an answer", "look whether that process runs"});
}

void Pending::give_up(int lost) const {
  throw Error(Code::failure,
              {name_of(*comm_, lost), "its process stands still", "nothing was heard of it for some time",
               std::string(what_), "look what has stopped it, and resume the run"});
}

void all_gather(Comm& comm, std::span<std::byte> memory, std::span<const std::size_t> parts,
                std::string_view what) {
  const int ranks = comm.size(), me = comm.rank();
  const auto part = [&](int rank) {
    const auto r = static_cast<std::size_t>(rank);
    return memory.subspan(parts[r], parts[r + 1] - parts[r]);
  };
  Pending pending(comm, what);
  for (int i = 1; i < ranks; ++i) {
    const int from = (me + ranks - i) % ranks, to = (me + i) % ranks;
    pending.receive(from, part(from));
    pending.send(to, part(me));
  }
  pending.wait();
}

void broadcast(Comm& comm, int root, std::span<std::byte> memory, std::string_view what) {
  Pending pending(comm, what);
  if (comm.rank() != root) pending.receive(root, memory);
  for (int to = 0; to < comm.size() && comm.rank() == root; ++to) {
    if (to != root) pending.send(to, memory);
  }
  pending.wait();
}

std::vector<std::string> all_texts(Comm& comm, const std::string& text, std::string_view what) {
  const std::vector<std::uint64_t> sizes = all_values(comm, std::uint64_t{text.size()}, what);
  std::vector<std::size_t> parts(1, 0);
  for (const std::uint64_t size : sizes) parts.push_back(parts.back() + size);
  std::string all(parts.back(), '\0');
  text.copy(all.data() + parts[static_cast<std::size_t>(comm.rank())], text.size());
  all_gather(comm, std::as_writable_bytes(std::span(all)), parts, what);
  std::vector<std::string> texts;
  for (std::size_t r = 0; r < sizes.size(); ++r) texts.push_back(all.substr(parts[r], sizes[r]));
  return texts;
}

int most_of_ranks(Comm* comm, int here) {
  return comm == nullptr ? here : std::ranges::max(all_values(*comm, here, "a number of each rank"));
}

}  // namespace thalweg
