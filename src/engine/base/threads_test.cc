#include "base/threads.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <numeric>
#include <set>
#include <thread>
#include <vector>

#include "base/jobs.h"
#include "base/test_error.h"

namespace thalweg {

std::uint64_t allocations();  // of the test program: tests/allocations.h

namespace {

TEST(Team, IsOneMemberInAForkedChild) {
  Team team(3);
  team.run([](int) {});
  const pid_t child = ::fork();
  if (child == 0) {
    int calls = 0;
    team.run([&](int member) {
      team.barrier();
      calls += member == 0 ? 1 : 100;
    });
    team.share(5, [&](std::size_t) { ++calls; });
    ::_exit(calls == 6 && team.size() == 1 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(team.size(), 3);
}

std::set<std::thread::id> threads_of(Team& team) {
  std::vector<std::thread::id> ids(static_cast<std::size_t>(team.size()));
  team.run([&](int member) { ids[static_cast<std::size_t>(member)] = std::this_thread::get_id(); });
  return {ids.begin(), ids.end()};
}

TEST(Team, OfOneSizeLendsItsThreads) {
  Team one(2), two(2), other(3);
  EXPECT_EQ(threads_of(one), threads_of(two));
  EXPECT_EQ(threads_of(other).size(), 3u);
}

TEST(Team, OfOneSizeWorksBesideOthersFromSeveralThreads) {
  constexpr std::size_t kBlocks = 50;
  std::atomic<std::size_t> calls{0};
  std::vector<std::thread> users;
  for (int user = 0; user < 4; ++user) {
    users.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        Team team(2);
        for (int k = 0; k < 4; ++k) team.share(kBlocks, [&](std::size_t) { ++calls; });
      }
    });
  }
  for (std::thread& user : users) user.join();
  EXPECT_EQ(calls, 4 * 50 * 4 * kBlocks);
}

TEST(Team, OfAForkedChildHasThreadsOfItsOwn) {
  Team before(2);
  before.run([](int) {});
  const pid_t child = ::fork();
  if (child == 0) {
    Team team(2);
    std::atomic<int> members{0};
    team.run([&](int) { ++members; });
    ::_exit(members == 2 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(Threads, SlicesCoverEverythingOnceAndEvenly) {
  for (const std::size_t n : {0u, 1u, 2u, 6u, 7u, 8u, 100u, 2049u}) {
    for (const int size : {1, 2, 3, 7, 16}) {
      std::size_t next = 0;
      for (int member = 0; member < size; ++member) {
        const Slice part = slice(n, member, size);
        EXPECT_EQ(part.begin, next);
        EXPECT_GE(part.end - part.begin, n / static_cast<std::size_t>(size));
        EXPECT_LE(part.end - part.begin, n / static_cast<std::size_t>(size) + 1);
        next = part.end;
      }
      EXPECT_EQ(next, n);
    }
  }
}

TEST(Threads, ATeamHasAtLeastTheCaller) {
  for (const int threads : {-3, 0, 1}) EXPECT_EQ(Team(threads).size(), 1);
  EXPECT_EQ(Team(5).size(), 5);
}

TEST(Threads, RunCallsEveryMemberOnAThreadOfItsOwn) {
  for (const int size : {1, 2, 3, 7}) {
    Team team(size);
    std::vector<std::thread::id> ids(static_cast<std::size_t>(size));
    team.run([&](int member) { ids[static_cast<std::size_t>(member)] = std::this_thread::get_id(); });
    EXPECT_EQ(ids[0], std::this_thread::get_id());
    EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), ids.size());
  }
}

TEST(Threads, EveryBlockIsCalledOnce) {
  for (const int size : {1, 2, 3, 7}) {
    Team team(size);
    for (const std::size_t n : {0u, 1u, 2u, 5u, 1000u}) {
      std::vector<std::atomic<int>> calls(n);
      for_each_block(team, n, [&](std::size_t i) { ++calls[i]; });
      for (const std::atomic<int>& count : calls) EXPECT_EQ(count, 1);
      for_each_part(team, n, 7, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) ++calls[i];
      });
      for (const std::atomic<int>& count : calls) EXPECT_EQ(count, 2);
    }
  }
}

TEST(Threads, TenThousandRunsInARowAreAllComplete) {
  Team team(3);
  std::vector<std::uint64_t> sums(3);
  for (std::uint64_t run = 1; run <= 10000; ++run) {
    team.run([&](int member) { sums[static_cast<std::size_t>(member)] += run; });
    // What the members wrote is visible when run() returns.
    ASSERT_EQ(std::accumulate(sums.begin(), sums.end(), std::uint64_t{0}), 3 * run * (run + 1) / 2);
  }
}

TEST(Threads, NobodyPassesTheBarrierBeforeAllHaveCome) {
  for (const int size : {1, 2, 3, 7}) {
    Team team(size);
    std::vector<int> turns(static_cast<std::size_t>(size));
    std::atomic<int> wrong{0};
    team.run([&](int member) {
      for (int turn = 1; turn <= 200; ++turn) {
        turns[static_cast<std::size_t>(member)] = turn;
        team.barrier();
        for (const int other : turns) wrong += other == turn ? 0 : 1;
        team.barrier();  // nobody writes while another one reads
      }
    });
    EXPECT_EQ(wrong, 0) << size;
  }
}

TEST(Threads, WhatAMemberDoesNotGetToIsTakenFromIt) {
  Team team(2);
  for (const std::size_t n : {2u, 3u, 1000u}) {
    const std::thread::id caller = std::this_thread::get_id();
    std::atomic<std::size_t> done{0}, held{0};
    team.share(n, [&](std::size_t) {
      if (std::this_thread::get_id() != caller) {
        ++held;
        while (done + held < n) std::this_thread::yield();  // the rest is the caller's
      } else {
        ++done;
      }
    });
    EXPECT_EQ(done + held, n);
    EXPECT_LE(held, 1u);
  }
}

TEST(Threads, RunsAndSharesFollowEachOther) {
  Team team(3);
  std::vector<std::uint64_t> sums(3), parts(5);
  for (std::uint64_t call = 1; call <= 5000; ++call) {
    team.share(parts.size(), [&](std::size_t i) { ++parts[i]; });
    team.run([&](int member) { ++sums[static_cast<std::size_t>(member)]; });
    ASSERT_EQ(sums, std::vector<std::uint64_t>(3, call));
    ASSERT_EQ(parts, std::vector<std::uint64_t>(5, call));
  }
}

#if !defined(THALWEG_SANITIZED)  // which take all addresses there are
TEST(Threads, ThatCannotBeMadeAreAnError) {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
  const rlim_t room = std::size_t{256} << 20;  // a thread wants 8 MiB for its stack
  const rlimit little{pages * 4096 + room, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_AS, &little), 0);
  const auto wait = [](std::size_t, const std::atomic<bool>& stop) {
    while (!stop) std::this_thread::yield();
  };
  const std::string of_team = error_of(Code::resource, [] { Team(500).run([](int) {}); });
  const std::string of_jobs = error_of(Code::resource, [&] { Jobs(500, 500, wait).next(0); });
  ASSERT_EQ(setrlimit(RLIMIT_AS, &before), 0);
  for (const std::string& message : {of_team, of_jobs}) {
    EXPECT_TRUE(message.starts_with("threads: one cannot be made; got ")) << message;
    EXPECT_TRUE(message.ends_with("; want 500 threads; use fewer")) << message;
  }
  EXPECT_EQ(Team(5).size(), 5);
}
#endif

TEST(Threads, TeamsComeAndGoAlsoUnused) {
  for (int i = 0; i < 100; ++i) {
    Team team(1 + i % 4);
    if (i % 2 == 0) team.run([](int) {});
  }
  SUCCEED();
}

TEST(Threads, TheProcessMayUseAtLeastOneAndNoMoreThanThereAre) {
  EXPECT_GE(available_threads(), 1);
  const unsigned cores = std::thread::hardware_concurrency();
  if (cores > 0) {
    EXPECT_LE(available_threads(), static_cast<int>(cores));
  }
}

TEST(Threads, CallingBlocksAllocatesNothing) {
  Team team(3);
  std::vector<int> calls(100);
  const std::uint64_t before = allocations();
  for_each_block(team, calls.size(), [&](std::size_t i) { ++calls[i]; });
  EXPECT_EQ(allocations() - before, 0u);
  EXPECT_EQ(calls, std::vector<int>(100, 1));
}

}  // namespace
}  // namespace thalweg
