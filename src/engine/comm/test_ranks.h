// Ranks that are threads of this process, for tests: messages are copied through queues.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "thalweg/comm.h"
#include "thalweg/error.h"

namespace thalweg {

// What the ranks of one run share.
struct TestMail {
  explicit TestMail(int ranks) : size(ranks) {}

  const int size;
  std::mutex mutex;
  std::map<std::pair<int, int>, std::deque<std::vector<std::byte>>> queues;  // from, to
  std::string aborted;                                                       // why
};

class TestRank : public Comm {
 public:
  TestRank(TestMail& mail, int rank) : mail_(mail), rank_(rank) { set_deadline(20); }

  int rank() const override { return rank_; }
  int size() const override { return mail_.size; }

  Ticket send(int to, std::span<const std::byte> bytes) override {
    if (before) before(*this);
    const std::lock_guard lock(mail_.mutex);
    mail_.queues[{rank_, to}].emplace_back(bytes.begin(), bytes.end());
    return 0;
  }
  Ticket receive(int from, std::span<std::byte> bytes) override {
    if (before) before(*this);
    waits_.emplace(++last_, Wait{from, bytes});
    return last_;
  }
  bool done(Ticket ticket) override {
    if (ticket == 0) return true;
    const std::lock_guard lock(mail_.mutex);
    if (!mail_.aborted.empty()) throw Error(Code::failure, {"aborted", mail_.aborted, "", "", ""});
    const auto wait = waits_.find(ticket);
    // Messages of one rank are taken in their order.
    const auto first = std::ranges::find_if(
        waits_, [&](const auto& other) { return other.second.from == wait->second.from; });
    if (first != wait) return false;
    auto& queue = mail_.queues[{wait->second.from, rank_}];
    if (queue.empty()) return false;
    if (queue.front().size() != wait->second.bytes.size())
      throw std::logic_error("sizes of a message differ");
    std::ranges::copy(queue.front(), wait->second.bytes.begin());
    queue.pop_front();
    waits_.erase(wait);
    return true;
  }
  void abort(int, const std::string& why) override {
    const std::lock_guard lock(mail_.mutex);
    mail_.aborted = why;
  }
  std::optional<int> lost() const override { return lost_rank; }
  std::string host(int rank) const override { return "host" + std::to_string(rank); }

  std::function<void(TestRank&)> before;  // each message
  std::optional<int> lost_rank;

 private:
  struct Wait {
    int from;
    std::span<std::byte> bytes;
  };
  TestMail& mail_;
  const int rank_;
  Ticket last_ = 0;
  std::map<Ticket, Wait> waits_;
};

// Calls f on each of so many ranks, and returns when all have returned. What the lowest rank throws that
// throws is thrown again; the others are told when one throws.
inline void run_ranks(int ranks, const std::function<void(TestRank&)>& f) {
  TestMail mail(ranks);
  std::vector<std::exception_ptr> thrown(static_cast<std::size_t>(ranks));
  std::vector<std::thread> threads;
  for (int r = 0; r < ranks; ++r) {
    threads.emplace_back([&, r] {
      TestRank rank(mail, r);
      try {
        f(rank);
      } catch (const std::exception& e) {
        thrown[static_cast<std::size_t>(r)] = std::current_exception();
        rank.abort(1, e.what());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& e : thrown)
    if (e != nullptr) std::rethrow_exception(e);
}

}  // namespace thalweg
