#include "comm/spread_jobs.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "base/test_error.h"
#include "base/threads.h"
#include "comm/cores.h"
#include "comm/test_ranks.h"

namespace thalweg {
namespace {

TEST(SpreadJobs, AreMadeOnceAndHeardAlikeByAll) {
  for (const int ranks : {1, 2, 3, 4}) {
    for (const std::size_t count : {0u, 1u, 3u, 17u}) {
      std::vector<std::atomic<int>> made(count);
      std::vector<std::vector<std::size_t>> heard(static_cast<std::size_t>(ranks));
      run_ranks(ranks, [&](TestRank& comm) {
        SpreadJobs jobs(&comm, count, 2, [&](std::size_t job, const std::atomic<bool>&) {
          EXPECT_EQ(SpreadJobs::rank_of(job, ranks), comm.rank());
          ++made[job];
          return "job " + std::to_string(job);
        });
        while (const auto end = jobs.next()) {
          EXPECT_EQ(end->result, "job " + std::to_string(end->job));
          heard[static_cast<std::size_t>(comm.rank())].push_back(end->job);
        }
      });
      for (const std::atomic<int>& times : made) EXPECT_EQ(times, 1);
      EXPECT_EQ(std::set(heard[0].begin(), heard[0].end()).size(), count);
      EXPECT_EQ(heard[0].size(), count);
      for (const auto& of_rank : heard) EXPECT_EQ(of_rank, heard[0]);
    }
  }
}

// A table of jobs row by row, as many columns as ranks: each rank has as many of each column.
TEST(SpreadJobs, GiveNoRankAColumn) {
  for (const int ranks : {1, 2, 5}) {
    std::map<std::pair<int, int>, int> jobs;  // rank, column
    for (int job = 0; job < ranks * ranks; ++job)
      ++jobs[{SpreadJobs::rank_of(static_cast<std::size_t>(job), ranks), job % ranks}];
    EXPECT_EQ(jobs.size(), static_cast<std::size_t>(ranks * ranks));
  }
}

TEST(SpreadJobs, FailTogetherOfTheFirst) {
  for (const int ranks : {1, 2, 3}) {
    run_ranks(ranks, [&](TestRank& comm) {
      const std::string message = error_of(Code::data, [&] {
        spread(&comm, 12, 1, [](std::size_t job) {
          if (job == 4) std::this_thread::sleep_for(std::chrono::milliseconds(40));
          if (job == 4) throw Error(Code::data, {"job 4", "is wrong", "", "", ""});
          if (job == 9) throw std::runtime_error("job 9");
          return std::string();
        });
      });
      EXPECT_EQ(message, "job 4: is wrong") << ranks;
    });
  }
}

TEST(SpreadJobs, TellAllWhenTimeIsUpOnOne) {
  std::atomic<bool> go{false};
  run_ranks(2, [&](TestRank& comm) {
    SpreadJobs jobs(&comm, 2, 1, [&](std::size_t, const std::atomic<bool>&) {
      while (!go) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return std::string("done");
    });
    EXPECT_FALSE(jobs.next(comm.rank() == 0 ? 0.03 : 1000));
    go = true;
    EXPECT_TRUE(jobs.next());
    EXPECT_TRUE(jobs.next());
    EXPECT_FALSE(jobs.next());
  });
}

TEST(SpreadJobs, AreAbandonedWithTheirObject) {
  run_ranks(2, [&](TestRank& comm) {
    SpreadJobs jobs(&comm, 4, 1, [&](std::size_t, const std::atomic<bool>& stop) {
      while (!stop) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return std::string();
    });
    EXPECT_FALSE(jobs.next(0.01));
  });
}

TEST(Cores, AreDividedAmongRanksOfAHostThatHaveTheSame) {
  run_ranks(3, [](TestRank& comm) { EXPECT_EQ(ranks_with(comm, "0 1"), 1) << "each on a host of its own"; });
  struct OneHost : TestRank {
    using TestRank::TestRank;
    std::string host(int) const override { return "here"; }
  };
  TestMail mail(3);
  std::vector<std::thread> threads;
  for (int rank = 0; rank < 3; ++rank) {
    threads.emplace_back([&mail, rank] {
      OneHost comm(mail, rank);
      EXPECT_EQ(ranks_with(comm, rank < 2 ? "0 1 2 3" : "4 5"), rank < 2 ? 2 : 1);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const int all = available_threads();
  divide_threads(2);
  EXPECT_EQ(available_threads(), std::max(1, all / 2));
  divide_threads(1000);
  EXPECT_EQ(available_threads(), 1);
  divide_threads(1);
  EXPECT_EQ(available_threads(), all);
}

}  // namespace
}  // namespace thalweg
