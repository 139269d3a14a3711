// Independent pieces of work spread over ranks: each is made by one of them, and all hear what comes of it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/jobs.h"
#include "comm/failure.h"
#include "thalweg/comm.h"

namespace thalweg {

// As Jobs, with ranks between them: every rank makes one of the same count, calls next() equally often, and
// hears the same ends in the same order. Which rank makes which job is fixed, so that what a job comes to
// must not depend on that.
class SpreadJobs {
 public:
  // What a job comes to, as bytes. Otherwise as Jobs::Work.
  using Work = std::function<std::string(std::size_t job, const std::atomic<bool>& stop)>;

  // `comm` is null without ranks. `threads` are this rank's own.
  SpreadJobs(Comm* comm, std::size_t count, int threads, Work work);

  struct Ended {
    std::size_t job = 0;
    std::string result;
  };
  // A job that has ended on any rank, each once; nothing when time is up on one of them, or all were told.
  // Throws on every rank what the first by number has thrown, when those before it have ended.
  std::optional<Ended> next(double seconds = 1e6);

  // Neighbours differ, and so do jobs that are as many apart as there are ranks: of a table row by row, no
  // rank gets a column.
  static int rank_of(std::size_t job, int ranks);

 private:
  void make(std::size_t i, const Work& work, const std::atomic<bool>& stop);
  std::string news(bool late);
  void take(int rank, std::string_view news);
  void throw_failure() const;

  Comm* const comm_;
  const std::size_t count_;
  std::vector<std::size_t> own_;      // jobs of this rank
  std::vector<std::string> results_;  // of these
  std::mutex mutex_;
  struct Failed {
    std::size_t job;  // the first by number
    Failure failure;
  };
  std::optional<Failed> failed_here_, failed_;  // on any rank
  std::vector<char> gone_;                      // rank -> whether a job of it has thrown
  std::vector<char> ended_;                     // job -> whether it has
  std::size_t ends_ = 0;
  std::deque<Ended> heard_;     // and not told yet
  bool late_ = false;           // time is up on some rank
  std::unique_ptr<Jobs> jobs_;  // null when they have thrown; the last to be made: they use what is above
};

// What f(i) comes to for i in 0 .. n-1, on every rank; each is made by one of them, on `threads` threads of
// its own. `heard` is told of each end, one at a time. Errors as of in_parallel().
std::vector<std::string> spread(Comm* comm, std::size_t n, int threads,
                                const std::function<std::string(std::size_t)>& f,
                                const std::function<void(std::size_t, const std::string&)>& heard = {});

// A result that is numbers, as bytes and back.
template <class T>
std::string bytes_of(const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  return {reinterpret_cast<const char*>(&value), sizeof value};
}
template <class T>
T from_bytes(std::string_view bytes) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

}  // namespace thalweg
