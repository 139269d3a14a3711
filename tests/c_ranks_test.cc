// Ranks from C, over messages of the caller: the bits of one process, and what each rank is told.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "base/test_error.h"
#include "comm/test_ranks.h"
#include "thalweg/c_comm.h"

namespace thalweg {
namespace {

constexpr int kSize = 5 * 2048 + 100, kUpdates = 4;
constexpr const char* kChain = "clip_norm(1) | adam | lr(0.1)";

// A rank whose messages C gives to functions; `fails` is the function that does.
struct Messages {
  explicit Messages(TestRank& under) : rank(under) {}
  TestRank& rank;
  std::string fails = "";
  std::string aborted = "";
};

// What f gives, unless that function is to fail.
template <class F>
int unless_failing(void* context, const char* function, const F& f) {
  auto& messages = *static_cast<Messages*>(context);
  if (messages.fails == function) return 7;
  try {
    f(messages.rank);
    return 0;
  } catch (const std::exception&) {
    return 1;
  }
}

thalweg_comm_calls calls_of(Messages& messages) {
  thalweg_comm_calls calls = THALWEG_COMM_CALLS_INIT;
  calls.context = &messages;
  calls.rank = messages.rank.rank();
  calls.size = messages.rank.size();
  calls.send = [](void* context, int to, const void* bytes, std::size_t count, std::uint64_t* ticket) {
    return unless_failing(context, "send", [&](TestRank& rank) {
      *ticket = rank.send(to, {static_cast<const std::byte*>(bytes), count});
    });
  };
  calls.receive = [](void* context, int from, void* bytes, std::size_t count, std::uint64_t* ticket) {
    return unless_failing(context, "receive", [&](TestRank& rank) {
      *ticket = rank.receive(from, {static_cast<std::byte*>(bytes), count});
    });
  };
  calls.done = [](void* context, std::uint64_t ticket, int* done) {
    return unless_failing(context, "done", [&](TestRank& rank) { *done = rank.done(ticket) ? 1 : 0; });
  };
  calls.abort = [](void* context, int code, const char* why) {
    static_cast<Messages*>(context)->aborted = std::to_string(code) + " " + why;
  };
  calls.host = [](void*, int rank) { return rank == 1 ? "node1" : "node0"; };
  calls.error = [](void*) { return "the cable is out"; };
  return calls;
}

// A comm, and on it an optimizer of one parameter.
struct Bound {
  explicit Bound(thalweg_comm* on, const char* chain = kChain) : comm(on), value(kSize), grad(kSize) {
    const std::int64_t shape[] = {kSize};
    EXPECT_EQ(thalweg_params_create(&params), THALWEG_OK);
    EXPECT_EQ(thalweg_params_adopt(params, "w", 1, shape, THALWEG_F32, value.data(), grad.data(),
                                   THALWEG_WEIGHT, nullptr),
              THALWEG_OK);
    thalweg_optimizer_options options = THALWEG_OPTIMIZER_OPTIONS_INIT;
    options.threads = 1;
    options.comm = comm;
    made = thalweg_optimizer_create(params, chain, &options, &optimizer);
  }
  ~Bound() {
    EXPECT_EQ(thalweg_comm_destroy(comm), THALWEG_OK);  // before what needs it
    EXPECT_EQ(thalweg_optimizer_destroy(optimizer), THALWEG_OK);
    EXPECT_EQ(thalweg_params_destroy(params), THALWEG_OK);
  }
  std::string saved() const {
    std::size_t size = 0;
    if (thalweg_optimizer_save_memory(optimizer, nullptr, 0, &size) != THALWEG_OK) return "";
    std::string bytes(size, '\0');
    EXPECT_EQ(thalweg_optimizer_save_memory(optimizer, bytes.data(), size, &size), THALWEG_OK);
    return bytes;
  }

  thalweg_comm* const comm;
  thalweg_params* params = nullptr;
  thalweg_optimizer* optimizer = nullptr;
  thalweg_status made = THALWEG_OK;
  std::vector<float> value, grad;
};

// Whole numbers, whose sums and halves are exact.
float gradient(int rank, int update, int i) {
  return static_cast<float>((7 * i + 3 * rank + update) % 11 - 5);
}

std::string one_process(int ranks) {
  Bound all(nullptr);
  for (int update = 0; update < kUpdates; ++update) {
    for (int i = 0; i < kSize; ++i) {
      float sum = 0;
      for (int rank = 0; rank < ranks; ++rank) sum += gradient(rank, update, i);
      all.grad[static_cast<std::size_t>(i)] = static_cast<float>(sum * (1.0 / ranks));
    }
    EXPECT_EQ(thalweg_optimizer_step(all.optimizer, nullptr, nullptr), THALWEG_OK);
  }
  return all.saved();
}

std::uint64_t state_bytes(const Bound& of) {
  std::uint64_t bytes = 0;
  EXPECT_EQ(thalweg_optimizer_state_bytes(of.optimizer, &bytes), THALWEG_OK);
  return bytes;
}

int is_whole(const Bound& of) {
  int whole = -1;
  EXPECT_EQ(thalweg_optimizer_state_is_whole(of.optimizer, &whole), THALWEG_OK);
  return whole;
}

void step(Bound& of, int rank, int update) {
  for (int i = 0; i < kSize; ++i) of.grad[static_cast<std::size_t>(i)] = gradient(rank, update, i);
  EXPECT_EQ(thalweg_optimizer_step(of.optimizer, nullptr, nullptr), THALWEG_OK) << thalweg_last_error();
}

TEST(CRanks, StepWithTheBitsOfOneProcess) {
  const std::string wanted = one_process(3);
  run_ranks(3, [&](TestRank& rank) {
    Messages messages(rank);
    const thalweg_comm_calls calls = calls_of(messages);
    thalweg_comm* comm = nullptr;
    ASSERT_EQ(thalweg_comm_create(&calls, &comm), THALWEG_OK);
    Bound ours(comm);
    ASSERT_EQ(ours.made, THALWEG_OK) << thalweg_last_error();
    EXPECT_EQ(is_whole(ours), 0);
    for (int update = 0; update < kUpdates; ++update) step(ours, rank.rank(), update);
    EXPECT_EQ(state_bytes(ours), 2 * sizeof(float) * (rank.rank() < 2 ? 4096 : kSize - 8192));
    EXPECT_EQ(ours.saved(), "");
    expect_contains(thalweg_last_error(), "gather_state");
    EXPECT_EQ(thalweg_optimizer_gather_state(ours.optimizer, 1), THALWEG_OK);
    EXPECT_EQ(is_whole(ours), rank.rank() == 1 ? 1 : 0);
    EXPECT_EQ(ours.saved(), rank.rank() == 1 ? wanted : "");
    EXPECT_EQ(thalweg_optimizer_gather_state(ours.optimizer, 3), THALWEG_USAGE);
    expect_contains(thalweg_last_error(), "root");

    const thalweg_status loaded =
        thalweg_optimizer_load_memory(ours.optimizer, wanted.data(), wanted.size(), nullptr, nullptr);
    EXPECT_EQ(loaded, THALWEG_OK) << thalweg_last_error();
    EXPECT_EQ(ours.saved(), wanted);
    step(ours, rank.rank(), 9);
    EXPECT_EQ(is_whole(ours), 0);
    EXPECT_EQ(thalweg_optimizer_state_written(ours.optimizer), THALWEG_OK);
    EXPECT_EQ(is_whole(ours), 1);
  });
}

TEST(CRanks, AreToldOfEachOther) {
  run_ranks(3, [](TestRank& rank) {
    Messages messages(rank);
    const thalweg_comm_calls calls = calls_of(messages);
    thalweg_comm* comm = nullptr;
    ASSERT_EQ(thalweg_comm_create(&calls, &comm), THALWEG_OK);
    int at = -1, of = -1, most = 0;
    EXPECT_EQ(thalweg_comm_shape(comm, &at, &of), THALWEG_OK);
    EXPECT_EQ(at, rank.rank());
    EXPECT_EQ(of, 3);
    EXPECT_EQ(thalweg_comm_shape(comm, nullptr, nullptr), THALWEG_OK);
    EXPECT_EQ(thalweg_comm_most(comm, rank.rank() * 10 - 5, &most), THALWEG_OK);
    EXPECT_EQ(most, 15);
    EXPECT_EQ(thalweg_comm_abort(comm, 3, "enough"), THALWEG_OK);
    EXPECT_EQ(messages.aborted, "3 enough");
    const Bound other(comm, rank.rank() == 1 ? "lr(1)" : "lr(2)");
    EXPECT_EQ(other.made, THALWEG_USAGE);
    expect_contains(thalweg_last_error(), "rank 1 on node1: it was not given what rank 0 was");
  });
}

TEST(CRanks, FunctionsThatFailAreNamed) {
  for (const std::string function : {"send", "receive", "done"}) {
    TestMail mail(2);
    TestRank rank(mail, 0);
    Messages messages(rank);
    messages.fails = function;
    const thalweg_comm_calls calls = calls_of(messages);
    thalweg_comm* comm = nullptr;
    ASSERT_EQ(thalweg_comm_create(&calls, &comm), THALWEG_OK);
    int most = 0;
    EXPECT_EQ(thalweg_comm_most(comm, 1, &most), THALWEG_FAILURE);
    expect_contains(thalweg_last_error(), "its function `" + function + "` failed");
    expect_contains(thalweg_last_error(), "the cable is out");
    EXPECT_EQ(thalweg_comm_destroy(comm), THALWEG_OK);
  }
}

TEST(CRanks, DoNotWaitForEver) {
  TestMail mail(2);
  TestRank rank(mail, 0);
  Messages messages(rank);
  const thalweg_comm_calls calls = calls_of(messages);
  thalweg_comm* comm = nullptr;
  ASSERT_EQ(thalweg_comm_create(&calls, &comm), THALWEG_OK);
  EXPECT_EQ(thalweg_comm_set_deadline(comm, std::nan("")), THALWEG_USAGE);
  EXPECT_EQ(thalweg_comm_set_deadline(comm, 0), THALWEG_USAGE);
  EXPECT_EQ(thalweg_comm_set_deadline(comm, 0.01), THALWEG_OK);
  int most = 0;
  EXPECT_EQ(thalweg_comm_most(comm, 1, &most), THALWEG_FAILURE);
  expect_contains(thalweg_last_error(), "rank 1 on node1: nothing came from it");
  EXPECT_EQ(thalweg_comm_destroy(comm), THALWEG_OK);
}

TEST(CRanks, WhatIsWrongIsRefused) {
  thalweg_comm* comm = nullptr;
  EXPECT_EQ(thalweg_comm_create(nullptr, &comm), THALWEG_USAGE);
  TestMail mail(2);
  TestRank rank(mail, 0);
  Messages messages(rank);
  const thalweg_comm_calls good = calls_of(messages);
  const auto refused = [&](const char* part, auto change) {
    thalweg_comm_calls calls = good;
    change(calls);
    EXPECT_EQ(thalweg_comm_create(&calls, &comm), THALWEG_USAGE);
    EXPECT_EQ(comm, nullptr);
    expect_contains(thalweg_last_error(), part);
  };
  refused("no ranks", [](auto& calls) { calls.size = 0; });
  refused("it is none of the ranks", [](auto& calls) { calls.rank = 2; });
  refused("it is none of the ranks", [](auto& calls) { calls.rank = -1; });
  refused("send", [](auto& calls) { calls.send = nullptr; });
  refused("receive", [](auto& calls) { calls.receive = nullptr; });
  refused("done", [](auto& calls) { calls.done = nullptr; });
  refused("struct_size", [](auto& calls) { calls.struct_size = 0; });
  EXPECT_EQ(thalweg_comm_create_mpi(nullptr, nullptr), THALWEG_USAGE);

  // An older caller knows neither of what may be NULL.
  thalweg_comm_calls older = good;
  older.struct_size = offsetof(thalweg_comm_calls, abort);
  messages.fails = "send";
  ASSERT_EQ(thalweg_comm_create(&older, &comm), THALWEG_OK);
  EXPECT_EQ(thalweg_comm_abort(comm, 1, nullptr), THALWEG_OK);
  EXPECT_EQ(messages.aborted, "");
  int most = 0;
  EXPECT_EQ(thalweg_comm_most(comm, 1, &most), THALWEG_FAILURE);
  expect_contains(thalweg_last_error(), "rank 1 on an unknown host");
  EXPECT_EQ(thalweg_comm_destroy(comm), THALWEG_OK);
  EXPECT_EQ(thalweg_comm_most(comm, 1, &most), THALWEG_USAGE);
  expect_contains(thalweg_last_error(), "it is not of thalweg_comm");

  thalweg_optimizer_options options = THALWEG_OPTIMIZER_OPTIONS_INIT;
  options.comm = comm;  // that is no more
  thalweg_params* params = nullptr;
  thalweg_optimizer* optimizer = nullptr;
  ASSERT_EQ(thalweg_params_create(&params), THALWEG_OK);
  EXPECT_EQ(thalweg_optimizer_create(params, "lr(1)", &options, &optimizer), THALWEG_USAGE);
  EXPECT_EQ(thalweg_params_destroy(params), THALWEG_OK);
}

TEST(CRanks, OneAloneIsOneProcess) {
  thalweg_comm* comm = nullptr;
  ASSERT_EQ(thalweg_comm_create_self(&comm), THALWEG_OK);
  Bound ours(comm);
  for (int update = 0; update < kUpdates; ++update) step(ours, 0, update);
  EXPECT_EQ(is_whole(ours), 1);
  EXPECT_EQ(ours.saved(), one_process(1));
  int launched = -1;
  EXPECT_EQ(thalweg_comm_launched(&launched), THALWEG_OK);
  EXPECT_EQ(launched, Comm::launched() ? 1 : 0);
}

}  // namespace
}  // namespace thalweg
