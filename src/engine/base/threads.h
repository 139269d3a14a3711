// A team of threads that runs one function at a time on all of them: one fork and one join a call.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <thread>

namespace thalweg {

// A thread that runs f, one of `all` that are wanted. Throws Error(resource) when there can be no more.
std::thread make_thread(int all, std::function<void()> f);

// The caller is member 0; the others sleep between calls. A Team is used by one thread at a time. Teams of
// one size lend each other their threads: of two that are used in turns the same threads work, awake and with
// what they computed in their caches.
class Team {
 public:
  // threads >= 1; below that counts as 1. Throws Error(resource) when there cannot be so many.
  explicit Team(int threads);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  // 1 in a process that was forked since it was made: the other members are not there.
  int size() const { return forks_ == forks() ? size_ : 1; }

  // Calls f(member) for member 0 .. size()-1, each on its own thread, and returns when all are done. f must
  // not throw and must not call run() or share().
  void run(const std::function<void(int member)>& f);

  // Inside run(): waits until every member has come here.
  void barrier();

  // Calls f(i) for i in 0 .. n-1, of which each member takes its slice and then what is left of the others',
  // and returns when all are done: on a busy machine nobody waits for a member that has not got a processor
  // yet. f as for run(), except that nothing is said about who calls it.
  void share(std::size_t n, const std::function<void(std::size_t i)>& f);

 private:
  class Crew;  // the threads
  class Call;
  struct Idle;

  static unsigned forks();  // of which this process is the child

  const int size_;
  const unsigned forks_ = forks();
  Crew* crew_ = nullptr;  // that works on the call at hand
};

// The part of 0 .. n-1 that belongs to `member` of `size`: contiguous, in order, as even as can be.
struct Slice {
  std::size_t begin, end;
};
Slice slice(std::size_t n, int member, int size);

// Calls f(i) for i in 0 .. n-1, each by one member. What f(i) computes must not depend on who calls it.
// Allocates nothing.
template <class F>
void for_each_block(Team& team, std::size_t n, F&& f) {
  if (team.size() == 1 || n <= 1) {
    for (std::size_t i = 0; i < n; ++i) f(i);
    return;
  }
  team.share(n, std::ref(f));  // a std::function of a reference fits in itself
}

// Calls f(begin, end) for parts of 0 .. n-1 of `grain` elements, the last one shorter.
template <class F>
void for_each_part(Team& team, std::size_t n, std::size_t grain, F&& f) {
  for_each_block(team, (n + grain - 1) / grain,
                 [&](std::size_t i) { f(i * grain, std::min(n, (i + 1) * grain)); });
}

// Threads this process may use: the cores of its affinity mask, within the quota of its control group; a part
// of them once divide_threads() has told that so many processes use them.
int available_threads();
void divide_threads(int processes);
// The numbers of these cores, "0 1 4".
std::string own_cores();

}  // namespace thalweg
