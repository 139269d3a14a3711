#include "comm/spread_jobs.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <span>
#include <thread>

#include "comm/collectives.h"

namespace thalweg {
namespace {

using Clock = std::chrono::steady_clock;

// Between two times that ranks tell each other what has ended. Their threads have more to do meanwhile, all
// but at the very end.
constexpr std::chrono::milliseconds kTick{10};

double seconds_until(Clock::time_point when) {
  return std::chrono::duration<double>(when - Clock::now()).count();
}

// What is told of a job, before so many bytes: its result, or what it has failed of where the code is one.
struct Head {
  std::uint64_t job, bytes;
  std::int64_t code;
};

void append(const Head& head, std::string_view bytes, std::string& news) {
  news += bytes_of(head);
  news += bytes;
}

}  // namespace

SpreadJobs::SpreadJobs(Comm* comm, std::size_t count, int threads, Work work)
    : comm_(comm),
      count_(count),
      gone_(comm == nullptr ? 1 : static_cast<std::size_t>(comm->size())),
      ended_(count) {
  for (std::size_t job = 0; job < count; ++job)
    if (comm == nullptr || rank_of(job, comm->size()) == comm->rank()) own_.push_back(job);
  results_.resize(own_.size());
  jobs_ = std::make_unique<Jobs>(
      own_.size(), threads,
      [this, does = std::move(work)](std::size_t i, const std::atomic<bool>& stop) { make(i, does, stop); });
}

int SpreadJobs::rank_of(std::size_t job, int ranks) {
  const auto n = static_cast<std::size_t>(ranks);
  return static_cast<int>((job + job / n) % n);
}

void SpreadJobs::make(std::size_t i, const Work& work, const std::atomic<bool>& stop) {
  try {
    results_[i] = work(own_[i], stop);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    if (!failed_here_ || own_[i] < failed_here_->job)
      failed_here_ = Failed{own_[i], Failure::of(std::current_exception())};
    throw;
  }
}

std::optional<SpreadJobs::Ended> SpreadJobs::next(double seconds) {
  constexpr double kLongest = 1e6;
  const Clock::time_point until =
      Clock::now() +
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(std::min(seconds, kLongest)));
  late_ = false;
  while (heard_.empty()) {
    if (ends_ == count_ || late_) return std::nullopt;
    if (comm_ == nullptr) {
      const std::optional<std::size_t> end = jobs_->next(std::max(0.0, seconds_until(until)));
      if (!end) return std::nullopt;
      ++ends_;
      return Ended{own_[*end], std::move(results_[*end])};
    }
    const std::vector<std::string> all = all_texts(*comm_, news(Clock::now() >= until), "what has ended");
    for (int rank = 0; rank < comm_->size(); ++rank) take(rank, all[static_cast<std::size_t>(rank)]);
    throw_failure();
  }
  Ended first = std::move(heard_.front());
  heard_.pop_front();
  return first;
}

// Of this rank, since it was last told: whether time is up, and what has ended.
std::string SpreadJobs::news(bool late) {
  std::string out(1, late ? '\1' : '\0');
  const Clock::time_point until = Clock::now() + kTick;
  while (jobs_ != nullptr && Clock::now() < until) {
    try {
      const std::optional<std::size_t> end = jobs_->next(std::max(0.0, seconds_until(until)));
      if (!end) break;
      append({own_[*end], results_[*end].size(), 0}, results_[*end], out);
      results_[*end].clear();
    } catch (...) {
      jobs_.reset();
      const auto& [job, failure] = *failed_here_;
      append({job, failure.why.size(), static_cast<std::int64_t>(failure.code)}, failure.why, out);
    }
  }
  std::this_thread::sleep_until(until);
  return out;
}

void SpreadJobs::take(int rank, std::string_view news) {
  late_ = late_ || news.front() != '\0';
  for (news.remove_prefix(1); !news.empty();) {
    const auto head = from_bytes<Head>(news.substr(0, sizeof(Head)));
    const std::string_view bytes = news.substr(sizeof(Head), head.bytes);
    news.remove_prefix(sizeof(Head) + head.bytes);
    if (head.code == 0) {
      ended_[head.job] = 1;
      ++ends_;
      heard_.push_back({head.job, std::string(bytes)});
      continue;
    }
    gone_[static_cast<std::size_t>(rank)] = 1;
    if (failed_ && failed_->job < head.job) continue;
    failed_ = rank == comm_->rank() ? *failed_here_
                                    : Failed{head.job, {static_cast<Code>(head.code), std::string(bytes)}};
  }
}

void SpreadJobs::throw_failure() const {
  if (!failed_) return;
  for (std::size_t job = 0; job < failed_->job; ++job) {
    if (ended_[job] == 0 && gone_[static_cast<std::size_t>(rank_of(job, comm_->size()))] == 0) return;
  }
  failed_->failure.rethrow();
}

std::vector<std::string> spread(Comm* comm, std::size_t n, int threads,
                                const std::function<std::string(std::size_t)>& f,
                                const std::function<void(std::size_t, const std::string&)>& heard) {
  std::vector<std::string> results(n);
  if (comm == nullptr) {
    std::mutex mutex;
    in_parallel(n, threads, [&](std::size_t i) {
      results[i] = f(i);
      const std::lock_guard lock(mutex);
      if (heard) heard(i, results[i]);
    });
    return results;
  }
  SpreadJobs jobs(comm, n, threads, [&](std::size_t i, const std::atomic<bool>&) { return f(i); });
  while (auto end = jobs.next()) {
    if (heard) heard(end->job, end->result);
    results[end->job] = std::move(end->result);
  }
  return results;
}

}  // namespace thalweg
