// Independent pieces of work, each on one thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace thalweg {

// Jobs 0 .. count-1 on threads of their own, at most `threads` at a time, begun in order. The one who waits
// hears of each end as it comes. Used by one thread at a time.
class Jobs {
 public:
  // What a job does: it uses no threads of its own, and may return early, its work undone, once `stop` is
  // set.
  using Work = std::function<void(std::size_t job, const std::atomic<bool>& stop)>;

  // Throws Error(resource) when there cannot be so many threads.
  Jobs(std::size_t count, int threads, Work work);
  ~Jobs();  // sets `stop` and waits for the jobs at hand
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  // The number of a job that has ended, each once, after at most `seconds`; nothing when time is up or all
  // were told. When a job throws, no others begin; when those at hand have ended, what the first by number
  // threw is thrown here.
  std::optional<std::size_t> next(double seconds = 1e6);

 private:
  void work();
  void stop();

  std::size_t count_;
  Work work_;
  std::atomic<std::size_t> begun_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t working_;             // threads
  std::vector<std::size_t> ended_;  // room for all: their ends can be noted whatever happens
  std::size_t told_ = 0;            // of them
  std::size_t failed_;              // the first that threw, by number
  std::exception_ptr thrown_;
  std::vector<std::thread> threads_;
};

// Calls f(i) for i in 0 .. n-1, at most `threads` at a time, and returns when all are done. When parts throw,
// what the first of them by number threw is thrown at the end.
void in_parallel(std::size_t n, int threads, const std::function<void(std::size_t i)>& f);

}  // namespace thalweg
