#include "base/threads.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>

namespace thalweg {
namespace {

constexpr int kSpins = 100;  // some tens of microseconds: about what going to sleep and being woken costs

template <class T>
void wait_while(const std::atomic<T>& atomic, T value) {
  for (int i = 0; i < kSpins; ++i) {
    if (atomic.load(std::memory_order_acquire) != value) return;
    std::this_thread::yield();
  }
  atomic.wait(value, std::memory_order_acquire);
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

}  // namespace

Team::Team(int threads) : size_(std::max(1, threads)) {
  for (int member = 1; member < size_; ++member) threads_.emplace_back([this, member] { work(member); });
}

Team::~Team() {
  if (threads_.empty()) return;
  stop_ = true;
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Team::run(const std::function<void(int)>& f) {
  if (size_ == 1) return f(0);
  task_ = &f;
  running_.store(size_ - 1, std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  f(0);
  for (int left = running_.load(std::memory_order_acquire); left != 0;
       left = running_.load(std::memory_order_acquire)) {
    wait_while(running_, left);
  }
}

void Team::work(int member) {
  for (unsigned seen = 0;; ++seen) {
    wait_while(round_, seen);
    if (stop_) return;
    (*task_)(member);
    if (running_.fetch_sub(1, std::memory_order_acq_rel) == 1) running_.notify_one();
  }
}

void Team::barrier() {
  if (size_ == 1) return;
  const unsigned seen = barriers_.load(std::memory_order_acquire);
  if (waiting_.fetch_add(1, std::memory_order_acq_rel) + 1 == size_) {
    waiting_.store(0, std::memory_order_relaxed);
    barriers_.fetch_add(1, std::memory_order_release);
    barriers_.notify_all();
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
  return std::max(1, cores);
}

}  // namespace thalweg
