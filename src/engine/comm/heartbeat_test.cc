#include "comm/heartbeat.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "comm/collectives.h"
#include "comm/test_ranks.h"

namespace thalweg {
namespace {

using namespace std::chrono_literals;

// Until f() or for 20 seconds: whether f().
template <class F>
bool comes_true(const F& f) {
  for (int i = 0; i < 2000 && !f(); ++i) std::this_thread::sleep_for(10ms);
  return f();
}

TEST(Heartbeat, TheNextRankKnowsThatOneStandsStill) {
  run_ranks(3, [](TestRank& rank) {
    std::optional<Heartbeat> beat(std::in_place, rank, 2);
    std::this_thread::sleep_for(300ms);
    EXPECT_EQ(beat->lost(), std::nullopt);
    if (rank.rank() == 1) beat.reset();  // says nothing any more
    EXPECT_TRUE(rank.rank() != 2 || comes_true([&] { return beat->lost() == 1; }));
    most_of_ranks(&rank, 0);
    EXPECT_TRUE(rank.rank() != 0 || beat->lost() == std::nullopt);
  });
}

TEST(Heartbeat, WhoHasLeftIsNotLost) {
  run_ranks(2, [](TestRank& rank) {
    std::optional<Heartbeat> beat(std::in_place, rank, 0.5);
    std::this_thread::sleep_for(100ms);
    if (rank.rank() == 1) {
      beat->leave();
      beat.reset();
    }
    std::this_thread::sleep_for(1500ms);
    EXPECT_TRUE(rank.rank() != 0 || beat->lost() == std::nullopt);
  });
}

TEST(Heartbeat, WhoWaitsForMessagesGivesUp) {
  run_ranks(2, [](TestRank& rank) {
    if (rank.rank() == 1) return;
    rank.lost_rank = 1;
    std::byte nothing{};
    Pending pending(rank, "the gradients");
    pending.receive(1, {&nothing, 1});
    try {
      pending.wait();
      ADD_FAILURE() << "it waited";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::failure);
      EXPECT_NE(std::string(error.what()).find("rank 1 on host1: its process stands still"),
                std::string::npos)
          << error.what();
    }
  });
}

}  // namespace
}  // namespace thalweg
