#include "base/threads.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <cmath>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr int kSpins = 1000;  // some tens of microseconds: about what going to sleep and being woken costs

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

void futex(const std::atomic<unsigned>& word, int operation, unsigned value) {
  ::syscall(SYS_futex, &word, operation | FUTEX_PRIVATE_FLAG, value, nullptr, nullptr, 0);
}

// CPUs that the control group grants, or infinity: version 2 is "max 100000" or "200000 100000" in one file.
double cgroup_quota() {
  double quota = 0;
  double period = 0;
  std::ifstream v2("/sys/fs/cgroup/cpu.max");
  std::ifstream v1_quota("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  std::ifstream v1_period("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  const bool known = (v2 >> quota >> period) || (v1_quota >> quota && v1_period >> period);
  return known && quota > 0 && period > 0 ? quota / period : INFINITY;
}

std::atomic<int> processes_on_cores{1};

}  // namespace

std::thread make_thread(int all, std::function<void()> f) {
  try {
    return std::thread(std::move(f));
  } catch (const std::system_error& error) {
    throw Error(Code::resource, {"threads", "one cannot be made", error.code().message(),
                                 std::to_string(all) + " threads", "use fewer"});
  }
}

class Team::Crew {
 public:
  explicit Crew(int size);
  ~Crew() { stop(); }
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  int size() const { return size_; }
  void run(const std::function<void(int member)>& f);
  void barrier();
  void share(std::size_t n, const std::function<void(std::size_t i)>& f);

 private:
  struct alignas(64) Place {  // a cache line each
    std::atomic<std::size_t> next{0};
  };

  void work(int member);
  void open(const std::function<void(int)>& task);
  void close();
  void stop();
  void wait_while(const std::atomic<unsigned>& word, unsigned value);
  void wake(const std::atomic<unsigned>& word);

  const int size_;
  std::vector<Place> places_;  // in each member's slice
  std::vector<std::thread> threads_;
  const std::function<void(int)>* task_ = nullptr;
  std::atomic<unsigned> call_{0};      // odd while a call is open
  std::atomic<unsigned> inside_{0};    // members that look at a call or work on it: an open one stays open
  std::atomic<unsigned> to_come_{0};   // members that have not finished this run
  std::atomic<unsigned> waiting_{0};   // members inside the barrier
  std::atomic<unsigned> barriers_{0};  // barriers passed
  std::atomic<unsigned> sleepers_{0};
  bool stop_ = false;
};

// One for each Team that is not at work, who has worked last at the end. A child of this process begins with
// none: the threads are not there, and somebody may have held the lock.
struct Team::Idle {
  static inline constinit std::atomic<bool> gone{
      false};  // at the end of the process, where teams may outlive it
  ~Idle() { gone = true; }

  std::mutex mutex;
  std::vector<std::unique_ptr<Crew>> crews;

  void put(std::unique_ptr<Crew> crew) {
    const std::lock_guard lock(mutex);
    crews.push_back(std::move(crew));
  }
  std::unique_ptr<Crew> take(int size) {
    const std::lock_guard lock(mutex);
    const auto found =
        std::find_if(crews.rbegin(), crews.rend(), [&](const auto& c) { return c->size() == size; });
    std::unique_ptr<Crew> crew = std::move(*found);
    crews.erase(std::next(found).base());
    return crew;
  }

  static std::unique_ptr<Idle>& of_process() {
    static std::unique_ptr<Idle> idle = std::make_unique<Idle>();
    return idle;
  }
};

unsigned Team::forks() {
  static std::atomic<unsigned> count{0};
  static const int watched = ::pthread_atfork(nullptr, nullptr, [] {
    ++count;
    static_cast<void>(Idle::of_process().release());
    Idle::of_process() = std::make_unique<Idle>();
  });
  static_cast<void>(watched);  // where it cannot be, a child must not use a team of its parent
  return count;
}

// A crew for one call of a team.
class Team::Call {
 public:
  explicit Call(Team& team) : team_(team), crew_(Idle::of_process()->take(team.size_)) {
    team_.crew_ = crew_.get();
  }
  ~Call() {
    team_.crew_ = nullptr;
    Idle::of_process()->put(std::move(crew_));
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

 private:
  Team& team_;
  std::unique_ptr<Crew> crew_;
};

Team::Team(int threads) : size_(std::max(1, threads)) {
  if (size_ > 1) Idle::of_process()->put(std::make_unique<Crew>(size_));
}

Team::~Team() {
  if (size_ > 1 && forks_ == forks() && !Idle::gone) Idle::of_process()->take(size_);
}

void Team::run(const std::function<void(int)>& f) {
  if (size() == 1) return f(0);
  const Call call(*this);
  crew_->run(f);
}

void Team::share(std::size_t n, const std::function<void(std::size_t)>& f) {
  if (size() == 1) {
    for (std::size_t i = 0; i < n; ++i) f(i);
    return;
  }
  const Call call(*this);
  crew_->share(n, f);
}

void Team::barrier() {
  if (size() > 1) crew_->barrier();
}

Team::Crew::Crew(int size) : size_(size), places_(static_cast<std::size_t>(size)) {
  threads_.reserve(places_.size() - 1);
  try {
    for (int member = 1; member < size_; ++member) {
      threads_.push_back(make_thread(size_, [this, member] { work(member); }));
    }
  } catch (...) {
    stop();
    throw;
  }
}

void Team::Crew::stop() {
  stop_ = true;
  ++call_;
  wake(call_);
  for (std::thread& thread : threads_) thread.join();
}

// Never yields: on a busy machine a thread that does gets its processor back milliseconds later, one that
// slept as soon as it is woken.
void Team::Crew::wait_while(const std::atomic<unsigned>& word, unsigned value) {
  for (int i = 0; i < kSpins; ++i) {
    if (word != value) return;
    pause();
  }
  ++sleepers_;
  while (word == value) futex(word, FUTEX_WAIT, value);
  --sleepers_;
}

void Team::Crew::wake(const std::atomic<unsigned>& word) {
  if (sleepers_ > 0) futex(word, FUTEX_WAKE, INT_MAX);
}

void Team::Crew::open(const std::function<void(int)>& task) {
  task_ = &task;
  ++call_;
  wake(call_);
}

// Who has not come yet finds the call closed; who has is waited for.
void Team::Crew::close() {
  ++call_;
  for (unsigned inside = inside_; inside != 0; inside = inside_) wait_while(inside_, inside);
}

void Team::Crew::work(int member) {
  for (unsigned done = 0;;) {
    for (unsigned call = call_; call % 2 == 0 || call == done; call = call_) wait_while(call_, call);
    ++inside_;
    const unsigned call = call_;
    if (call % 2 == 1 && call != done) {
      if (stop_) return;
      (*task_)(member);
      done = call;
    }
    if (--inside_ == 0) wake(inside_);
  }
}

void Team::Crew::run(const std::function<void(int)>& f) {
  to_come_ = static_cast<unsigned>(size_ - 1);
  const auto counted = [&](int member) {
    f(member);
    if (--to_come_ == 0) wake(to_come_);
  };
  const std::function<void(int)> task = std::ref(counted);
  open(task);
  f(0);
  for (unsigned left = to_come_; left != 0; left = to_come_) wait_while(to_come_, left);
  close();
}

void Team::Crew::share(std::size_t n, const std::function<void(std::size_t)>& f) {
  for (int member = 0; member < size_; ++member) {
    places_[static_cast<std::size_t>(member)].next = slice(n, member, size_).begin;
  }
  const auto take = [&](int member) {
    for (int k = 0; k < size_; ++k) {
      const int owner = (member + k) % size_;
      const std::size_t end = slice(n, owner, size_).end;
      std::atomic<std::size_t>& next = places_[static_cast<std::size_t>(owner)].next;
      for (std::size_t i; (i = next++) < end;) f(i);
    }
  };
  const std::function<void(int)> task = std::ref(take);
  open(task);
  take(0);
  close();
}

void Team::Crew::barrier() {
  const unsigned seen = barriers_;
  if (++waiting_ == static_cast<unsigned>(size_)) {
    waiting_ = 0;
    ++barriers_;
    wake(barriers_);
  } else {
    wait_while(barriers_, seen);
  }
}

Slice slice(std::size_t n, int member, int size) {
  const std::size_t m = static_cast<std::size_t>(member);
  const std::size_t parts = static_cast<std::size_t>(size);
  const std::size_t each = n / parts;
  const std::size_t longer = n % parts;  // the first `longer` members take one more
  const std::size_t begin = m * each + std::min(m, longer);
  return {begin, begin + each + (m < longer ? 1 : 0)};
}

int available_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  int cores = static_cast<int>(std::thread::hardware_concurrency());
  if (sched_getaffinity(0, sizeof set, &set) == 0) cores = CPU_COUNT(&set);
  const double quota = cgroup_quota();
  if (std::isfinite(quota)) cores = std::min(cores, std::max(1, static_cast<int>(std::ceil(quota))));
  return std::max(1, cores / processes_on_cores);
}

void divide_threads(int processes) { processes_on_cores = std::max(1, processes); }

std::string own_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::string out;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return out;
  for (int core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(core, &set)) out += (out.empty() ? "" : " ") + std::to_string(core);
  return out;
}

}  // namespace thalweg
