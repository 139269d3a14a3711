// What ranks are told when they do not agree, and that none waits for ever.
#include "ranks/ranks.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <random>
#include <set>
#include <thread>

#include "base/test_error.h"
#include "comm/alike.h"
#include "comm/test_ranks.h"
#include "params/test_params.h"
#include "ranks/held.h"
#include "thalweg/checkpoint.h"
#include "thalweg/optimizer.h"

namespace thalweg {
namespace {

// What one rank steps.
struct Stepped {
  explicit Stepped(Comm& comm, const std::string& chain = "adam | lr(0.1)", OptimizerOptions options = {}) {
    params.add("w", {3 * 2048 + 5}, Role::weight);
    params.add("b", {7}, Role::bias);
    options.comm = &comm;
    optimizer.emplace(params, Chain(chain), options);
    for (Parameter& p : params) std::ranges::fill(p.grad<float>(), 1.0f);
  }
  Params params;
  std::optional<Optimizer> optimizer;
};

// The error that every rank throws.
std::string error_on_all(int ranks, const std::function<void(TestRank&)>& f) {
  std::mutex mutex;
  std::set<std::string> messages;
  run_ranks(ranks, [&](TestRank& comm) {
    const std::string message = error_of(Code::usage, [&] { f(comm); });
    const std::lock_guard lock(mutex);
    messages.insert(message);
  });
  EXPECT_EQ(messages.size(), 1u);
  return *messages.begin();
}

TEST(Ranks, AreToldWhatDiffers) {
  const std::string message = error_on_all(3, [](TestRank& comm) {
    const Stepped s(comm, comm.rank() == 2 ? "adam | lr(0.2)" : "adam | lr(0.1)");
  });
  expect_contains(message, "rank 2 on host2");
  expect_contains(message, "lr(0.2");
  expect_contains(message, "lr(0.1");

  const std::string shapes = error_on_all(2, [](TestRank& comm) {
    Params params;
    params.add("w", {comm.rank() + 4}, Role::weight);
    OptimizerOptions options;
    options.comm = &comm;
    Optimizer optimizer(params, Chain("gd(lr=1)"), options);
  });
  expect_contains(shapes, "parameter w 5 f32");
  expect_contains(shapes, "parameter w 4 f32");
}

TEST(Ranks, ThatSayOtherThingsOfAStepAreTold) {
  expect_contains(error_on_all(2,
                               [](TestRank& comm) {
                                 Stepped s(comm);
                                 s.optimizer->step({.statistics = {.norms = comm.rank() == 0}});
                               }),
                  "of this step it says another choice of statistics than rank 0");
  expect_contains(error_on_all(2,
                               [](TestRank& comm) {
                                 Stepped s(comm);
                                 s.optimizer->step({.grad_norm = comm.rank() + 1.0});
                               }),
                  "another norm");
  expect_contains(error_on_all(2,
                               [](TestRank& comm) {
                                 const Stepped s(comm, "adam | lr(0.1)", {.grad_norm = comm.rank() == 0});
                               }),
                  "grad_norm");
}

// An absent parameter stays as it is, whatever overlaps; one that is frozen later on one rank alone is told.
TEST(Ranks, LeaveAbsentParametersAlone) {
  for (const char* overlap : {"all", "none"}) {
    run_ranks(2, [&](TestRank& comm) {
      Stepped s(comm, "adamw(lr=0.1, decay=0.1)", {.overlap = parse_overlap(overlap)});
      std::ranges::fill(s.params[1].value<float>(), 2.0f);
      s.params[1].set_absent(true);
      StepInput input;
      input.backward = [&](const std::function<void(const Parameter&)>& ready) { ready(s.params[0]); };
      s.optimizer->step(input);
      EXPECT_EQ(s.params[1].value<float>()[0], 2.0f) << overlap;
      EXPECT_EQ(s.optimizer->clocks()[1], 0u) << overlap;
      EXPECT_EQ(s.optimizer->clocks()[0], 1u) << overlap;
    });
  }
  expect_contains(error_on_all(2,
                               [](TestRank& comm) {
                                 Stepped s(comm);
                                 s.params[0].set_frozen(comm.rank() == 1);
                                 s.optimizer->step();
                               }),
                  "w: it has a gradient on some ranks alone; got none, or frozen, on rank 1");
}

TEST(Ranks, CannotGoOnAfterAStepThatWasBrokenOff) {
  run_ranks(2, [](TestRank& comm) {
    Stepped s(comm, "adam(lr=0.1)");
    StepInput input;
    input.backward = [](const auto&) { throw std::runtime_error("no gradient"); };
    EXPECT_THROW(s.optimizer->step(input), std::runtime_error);
    expect_contains(error_of(Code::failure, [&] { s.optimizer->step(); }), "a step before was broken off");
  });
}

TEST(Ranks, TakeUpAllOrNothing) {
  expect_contains(error_on_all(2,
                               [](TestRank& comm) {
                                 Stepped s(comm);
                                 s.optimizer->step();
                                 spread_state(*s.optimizer, s.params, 1);
                               }),
                  "rank 1: it has a part of the state alone");
  expect_contains(error_on_all(2,
                               [](TestRank& comm) {
                                 Stepped s(comm);
                                 spread_state(*s.optimizer, s.params, 2);
                               }),
                  "root: it is none of the ranks");
}

// A checkpoint that one of them alone has loaded.
TEST(Ranks, TakeUpWhatOneHasLoaded) {
  for (const char* chain :
       {"adam | lr(cosine(0.1, total=9)) | average", "accumulate(2) | centralize | adam | lr(0.1)",
        "plateau | momentum | lr(0.1)", "skip(outlier, after=2) | adopt | lr(0.1)"}) {
    const std::unique_ptr<Comm> self = Comm::self();
    Stepped alone(*self, chain);
    for (int i = 0; i < 3; ++i) alone.optimizer->step();
    const std::vector<std::byte> before = checkpoint_bytes(alone.params, *alone.optimizer);
    for (int i = 0; i < 2; ++i) alone.optimizer->step();
    const std::vector<std::byte> after = checkpoint_bytes(alone.params, *alone.optimizer);
    for (const bool whole : {false, true}) {
      run_ranks(3, [&](TestRank& comm) {
        Stepped s(comm, chain, {.whole_state = whole});
        if (comm.rank() == 1) load_checkpoint(before, s.params, *s.optimizer);
        spread_state(*s.optimizer, s.params, 1);
        for (int i = 0; i < 2; ++i) s.optimizer->step();
        gather_state(*s.optimizer, 1);
        EXPECT_TRUE(comm.rank() != 1 || checkpoint_bytes(s.params, *s.optimizer) == after) << chain << whole;
      });
    }
  }
}

TEST(Ranks, DoNotSaveAPartOfTheState) {
  run_ranks(2, [](TestRank& comm) {
    Stepped s(comm);
    s.optimizer->step();
    expect_contains(usage_error([&] { (void)checkpoint_bytes(s.params, *s.optimizer); }), "gather_state");
    gather_state(*s.optimizer);
    const bool whole = comm.rank() == 0;
    EXPECT_TRUE(!whole || !checkpoint_bytes(s.params, *s.optimizer).empty());
    s.optimizer->step();
    EXPECT_THROW((void)checkpoint_bytes(s.params, *s.optimizer), Error);
  });
}

TEST(Ranks, ThatStepMoreOftenAreTold) {
  const std::string message = error_on_all(2, [](TestRank& comm) {
    Stepped s(comm);
    if (comm.rank() == 1) s.optimizer->set_gradients(7);
    s.optimizer->step();
  });
  expect_contains(
      message, "rank 1 on host1: of this step it says another count of gradients than rank 0; got 8; want 1");
}

TEST(Ranks, MayLackAGradientThatTheyHaveMemoryFor) {
  run_ranks(3, [](TestRank& comm) {
    Stepped s(comm, "gd(lr=1)");
    for (Parameter& p : s.params) std::ranges::fill(p.grad<float>(), 3.0f);
    s.params[0].set_absent(comm.rank() == 1);
    s.params[1].set_absent(true);
    s.optimizer->step();
    EXPECT_EQ(s.params[0].value<float>()[100], -2.0f);  // 3 and 3 of three
    EXPECT_EQ(s.params[1].value<float>()[3], 0.0f);
    EXPECT_EQ(s.optimizer->clocks()[1], 0u);
  });
  const std::string message = error_on_all(2, [](TestRank& comm) {
    std::vector<float> value(5), grad(5);
    Params params;
    params.adopt("mine", {5}, value.data(), comm.rank() == 1 ? nullptr : grad.data());
    OptimizerOptions options;
    options.comm = &comm;
    Optimizer optimizer(params, Chain("gd(lr=1)"), options);
    optimizer.step();
  });
  expect_contains(message, "mine: it has a gradient on some ranks alone; got none, or frozen, on rank 1");
}

TEST(Ranks, FindTheSameThatIsNotFinite) {
  for (const Nonfinite policy : {Nonfinite::report, Nonfinite::skip, Nonfinite::zero}) {
    run_ranks(3, [&](TestRank& comm) {
      Stepped s(comm, "adam | lr(0.1)", {.nonfinite = policy});
      if (comm.rank() == 0) s.params[0].grad<float>()[5000] = NAN;  // of what another rank holds
      const Report report = s.optimizer->step();
      EXPECT_EQ(report.nonfinite, 1u);
      EXPECT_EQ(report.nonfinite_parameter, &s.params[0]);
      EXPECT_EQ(report.nonfinite_index, 5000u);
      EXPECT_EQ(report.skipped, policy == Nonfinite::skip);
    });
  }
}

TEST(Ranks, HoldEverythingOnce) {
  const std::uint64_t whole = [] {
    Params params;
    params.add("w", {3 * 2048 + 5}, Role::weight);
    params.add("b", {7}, Role::bias);
    return Optimizer(params, Chain("adam | lr(0.1) | average")).state_bytes();
  }();
  for (const int ranks : {1, 2, 3, 7}) {
    std::atomic<std::uint64_t> sum = 0;
    run_ranks(ranks, [&](TestRank& comm) {
      sum += Stepped(comm, "adam | lr(0.1) | average").optimizer->state_bytes();
    });
    EXPECT_EQ(sum, whole) << ranks;
  }
}

TEST(Ranks, HoldAsMuchAsEachOther) {
  Params params;
  params.add("frozen", {100 * 2048}, Role::weight).set_frozen(true);
  params.add("w", {100 * 2048}, Role::weight);
  const auto first_blocks = [](const Params& of, const char* chain, int ranks) {
    const Plan plan(Chain(chain), of);
    const Held held(of, plan, ranks);
    return std::vector<std::size_t>(held.first_blocks().begin(), held.first_blocks().end());
  };
  EXPECT_EQ(first_blocks(params, "adam | lr(0.1)", 4), (std::vector<std::size_t>{0, 125, 150, 175, 200}));
  EXPECT_EQ(first_blocks(params, "centralize | lr(0.1)", 4),  // one parameter, whole
            (std::vector<std::size_t>{0, 100, 100, 200, 200}));
  const Params none;
  EXPECT_EQ(first_blocks(none, "lr(0.1)", 2), (std::vector<std::size_t>{0, 0, 0}));
}

TEST(Ranks, ReplanTogether) {
  const auto trained = [](Comm* comm) {
    Params params;
    params.add("w", {3 * 2048 + 5}, Role::weight);
    OptimizerOptions options;
    options.comm = comm;
    Optimizer optimizer(params, Chain("adam | lr(0.1)"), options);
    for (int k = 0; k < 6; ++k) {
      if (k == 3) {
        params.add("late", {5 * 2048}, Role::weight);
        optimizer.replan();
      }
      for (std::size_t p = 0; p < params.size(); ++p) fill_numbers(params[p].grad<float>(), 10 * p + k);
      optimizer.step();
    }
    return value_bits(params[0]) + value_bits(params[1]);
  };
  const std::string alone = trained(nullptr);
  run_ranks(4, [&](TestRank& comm) { EXPECT_TRUE(trained(&comm) == alone); });
}

TEST(Ranks, DoNotCareForDelays) {
  const auto trained = [](TestRank& comm) {
    Stepped s(comm, "clip_norm(1) | adam | lr(0.1)");
    for (int k = 0; k < 5; ++k) {
      for (std::size_t p = 0; p < 2; ++p)
        fill_numbers(s.params[p].grad<float>(), 100 * comm.rank() + 10 * p + k);
      s.optimizer->step();
    }
    return value_bits(s.params[0]);
  };
  std::string at_once;
  run_ranks(3, [&](TestRank& comm) {
    const std::string bits = trained(comm);
    if (comm.rank() == 0) at_once = bits;
  });
  run_ranks(3, [&](TestRank& comm) {
    std::minstd_rand random(static_cast<unsigned>(comm.rank()));
    comm.before = [&](TestRank&) { std::this_thread::sleep_for(std::chrono::microseconds(random() % 500)); };
    EXPECT_TRUE(trained(comm) == at_once);
  });
}

// One rank ends at each of its messages in turn: the others end as well, and say whom they miss.
TEST(Ranks, NeverHangWhereOneIsGone) {
  struct Gone {};
  int messages = 0;
  const auto step = [](TestRank& comm) {
    Stepped s(comm, "clip_norm(1) | adam | lr(0.1)");
    s.optimizer->step();
    gather_state(*s.optimizer);
  };
  run_ranks(3, [&](TestRank& comm) {
    int count = 0;
    comm.before = [&](TestRank&) { ++count; };
    step(comm);
    if (comm.rank() == 1) messages = count;
  });
  ASSERT_GT(messages, 20);
#ifdef THALWEG_SANITIZED
  constexpr double kDeadline = 0.5;
#else
  constexpr double kDeadline = 0.05;
#endif
  std::atomic<int> whole = 0;
  for (int at = 0; at < messages; ++at) {
    run_ranks(3, [&](TestRank& comm) {
      comm.set_deadline(kDeadline);
      int count = 0;
      comm.before = [&](TestRank& rank) {
        if (rank.rank() == 1 && count++ == at) throw Gone();
      };
      if (comm.rank() == 1) {
        EXPECT_THROW(step(comm), Gone);
        return;
      }
      try {
        step(comm);
        ++whole;  // it had all that it needs
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::failure);
        expect_contains(error.what(), "on host");
      }
    });
  }
  EXPECT_LT(whole, 10);
}

}  // namespace
}  // namespace thalweg
