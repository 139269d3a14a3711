#include "base/jobs.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/threads.h"

namespace thalweg {

Jobs::Jobs(std::size_t count, int threads, Work work)
    : count_(count),
      work_(std::move(work)),
      working_(std::min(count, static_cast<std::size_t>(std::max(1, threads)))),
      failed_(count) {
  ended_.reserve(count_);
  const std::size_t wanted = working_;
  threads_.reserve(wanted);
  try {
    while (threads_.size() < wanted) {
      threads_.push_back(make_thread(static_cast<int>(wanted), [this] { Jobs::work(); }));
    }
  } catch (...) {
    stop();
    throw;
  }
}

Jobs::~Jobs() { stop(); }

void Jobs::stop() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
}

void Jobs::work() {
  for (std::size_t job; !stop_ && (job = begun_++) < count_;) {
    std::exception_ptr thrown;
    try {
      work_(job, stop_);
    } catch (...) {
      thrown = std::current_exception();
    }
    const std::lock_guard hold(mutex_);
    if (thrown != nullptr) {
      stop_ = true;
      if (job < failed_) thrown_ = thrown;
      failed_ = std::min(failed_, job);
    } else {
      ended_.push_back(job);
    }
    changed_.notify_all();
  }
  const std::lock_guard hold(mutex_);
  --working_;
  changed_.notify_all();
}

std::optional<std::size_t> Jobs::next(double seconds) {
  std::unique_lock hold(mutex_);
  changed_.wait_for(hold, std::chrono::duration<double>(std::min(seconds, 1e6)),
                    [this] { return working_ == 0 || (told_ < ended_.size() && !stop_); });
  if (thrown_ != nullptr && working_ == 0) std::rethrow_exception(thrown_);
  if (told_ == ended_.size() || stop_) return std::nullopt;
  return ended_[told_++];
}

void in_parallel(std::size_t n, int threads, const std::function<void(std::size_t i)>& f) {
  if (n <= 1 || threads <= 1) {
    for (std::size_t i = 0; i < n; ++i) f(i);
    return;
  }
  Jobs jobs(n, threads, [&](std::size_t job, const std::atomic<bool>&) { f(job); });
  for (std::size_t told = 0; told < n;) told += jobs.next().has_value() ? 1 : 0;
}

}  // namespace thalweg
