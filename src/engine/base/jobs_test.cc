#include "base/jobs.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>

namespace thalweg {
namespace {

TEST(Jobs, EveryEndIsToldOnce) {
  for (const int threads : {0, 1, 2, 7}) {
    std::vector<std::atomic<int>> calls(20);
    Jobs jobs(calls.size(), threads, [&](std::size_t job, const std::atomic<bool>&) { ++calls[job]; });
    std::set<std::size_t> told;
    for (std::size_t i = 0; i < calls.size(); ++i) {
      const std::optional<std::size_t> job = jobs.next();
      ASSERT_TRUE(job);
      EXPECT_EQ(calls[*job], 1);
      EXPECT_TRUE(told.insert(*job).second);
    }
    EXPECT_FALSE(jobs.next());
  }
}

TEST(Jobs, WaitsNoLongerThanToldAndStopsWhatIsAtHand) {
  std::atomic<bool> stopped{false};
  {
    Jobs jobs(1, 1, [&](std::size_t, const std::atomic<bool>& stop) {
      while (!stop) std::this_thread::yield();
      stopped = true;
    });
    EXPECT_FALSE(jobs.next(0.01));
  }
  EXPECT_TRUE(stopped);
}

TEST(Jobs, ThrowsWhatTheFirstByNumberThrew) {
  for (const int threads : {1, 2, 5}) {
    std::atomic<int> calls{0};
    const auto work = [&](std::size_t i) {
      ++calls;
      if (i >= 3) throw std::runtime_error(std::to_string(i));
    };
    try {
      in_parallel(1000, threads, work);
      FAIL() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "3");
    }
    EXPECT_LE(calls, 3 + threads);  // none begins once one has thrown, but for those at hand
  }
}

TEST(Jobs, CallsEveryPartOnce) {
  for (const int threads : {1, 3}) {
    std::vector<std::atomic<int>> calls(50);
    in_parallel(calls.size(), threads, [&](std::size_t i) { ++calls[i]; });
    for (const std::atomic<int>& count : calls) EXPECT_EQ(count, 1);
  }
  in_parallel(0, 2, [](std::size_t) { FAIL(); });
}

}  // namespace
}  // namespace thalweg
