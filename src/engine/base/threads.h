// A team of threads that runs one function at a time on all of them: one fork and one join a call.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace thalweg {

// The caller is member 0; the others sleep between calls. A Team is used by one thread at a time.
class Team {
 public:
  // threads >= 1; below that counts as 1.
  explicit Team(int threads);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int size() const { return size_; }

  // Calls f(member) for member 0 .. size()-1, each on its own thread, and returns when all are done. f must
  // not throw and must not call run().
  void run(const std::function<void(int member)>& f);

  // Inside run(): waits until every member has come here.
  void barrier();

 private:
  void work(int member);

  const int size_;
  std::vector<std::thread> threads_;
  const std::function<void(int)>* task_ = nullptr;
  std::atomic<unsigned> round_{0};     // raised once a run
  std::atomic<int> running_{0};        // members that have not finished this run
  std::atomic<int> waiting_{0};        // members inside the barrier
  std::atomic<unsigned> barriers_{0};  // barriers passed
  bool stop_ = false;
};

// The part of 0 .. n-1 that belongs to `member` of `size`: contiguous, in order, as even as can be.
struct Slice {
  std::size_t begin, end;
};
Slice slice(std::size_t n, int member, int size);

// Calls f(i) for i in 0 .. n-1, each by one member, in slices. What f(i) computes must not depend on who
// calls it. Allocates nothing.
template <class F>
void for_each_block(Team& team, std::size_t n, F&& f) {
  if (team.size() == 1 || n <= 1) {
    for (std::size_t i = 0; i < n; ++i) f(i);
    return;
  }
  const auto share = [&](int member) {
    const Slice part = slice(n, member, team.size());
    for (std::size_t i = part.begin; i < part.end; ++i) f(i);
  };
  team.run(std::ref(share));  // a std::function of a reference fits in itself
}

// Calls f(begin, end) for parts of 0 .. n-1 of `grain` elements, the last one shorter.
template <class F>
void for_each_part(Team& team, std::size_t n, std::size_t grain, F&& f) {
  for_each_block(team, (n + grain - 1) / grain,
                 [&](std::size_t i) { f(i * grain, std::min(n, (i + 1) * grain)); });
}

// Threads this process may use: the cores of its affinity mask, within the quota of its control group.
int available_threads();

}  // namespace thalweg
