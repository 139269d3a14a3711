#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "base/test_error.h"
#include "base/test_folder.h"
#include "thalweg/c.h"
#include "thalweg/optimizer.h"

namespace thalweg {
namespace {

// One parameter `w` of some numbers with gradients of 1, 2, ... times `factor`.
class CAbi : public testing::Test {
 protected:
  CAbi() {
    EXPECT_EQ(thalweg_params_create(&params_), THALWEG_OK);
    const std::int64_t shape[] = {3};
    EXPECT_EQ(
        thalweg_params_adopt(params_, "w", 1, shape, THALWEG_F64, value_, grad_, THALWEG_WEIGHT, nullptr),
        THALWEG_OK);
  }
  ~CAbi() override { thalweg_params_destroy(params_); }

  thalweg_optimizer* optimizer(const char* chain, const thalweg_optimizer_options* options = nullptr) {
    thalweg_optimizer* made = nullptr;
    EXPECT_EQ(thalweg_optimizer_create(params_, chain, options, &made), THALWEG_OK) << thalweg_last_error();
    return made;
  }
  std::vector<double> values() const { return {value_, value_ + 3}; }

  thalweg_params* params_ = nullptr;
  double value_[3] = {1, 2, 3};
  double grad_[3] = {1, 2, 4};
};

void expect_usage(thalweg_status status, const std::string& part) {
  EXPECT_EQ(status, THALWEG_USAGE);
  expect_contains(thalweg_last_error(), part);
}

TEST_F(CAbi, AStepGivesTheBitsOfTheCxxLibrary) {
  const char* chain = "clip_norm(1) | adam | decay(0.01, on=all) | lr(cosine(0.1, total=9))";
  double value[3] = {1, 2, 3}, grad[3] = {1, 2, 4};
  Params params;
  params.adopt("w", {3}, value, grad, Role::weight);
  Optimizer theirs(params, Chain(chain));
  thalweg_optimizer* ours = optimizer(chain);
  for (int i = 0; i < 9; ++i) {
    for (int j = 0; j < 3; ++j) grad[j] = grad_[j] = std::sin(i + 0.7 * j);
    const Report want = theirs.step();
    thalweg_report got = THALWEG_REPORT_INIT;
    ASSERT_EQ(thalweg_optimizer_step(ours, nullptr, &got), THALWEG_OK);
    EXPECT_EQ(values(), std::vector<double>(value, value + 3));
    EXPECT_EQ(got.update, want.update);
    EXPECT_EQ(got.lr, want.lr);
    EXPECT_EQ(got.grad_norm, want.grad_norm);
    EXPECT_EQ(got.nonfinite_parameter, -1);
  }
  thalweg_optimizer_destroy(ours);
}

TEST_F(CAbi, HandlesOfNothingAreErrors) {
  thalweg_optimizer* o = optimizer("lr(1)");
  EXPECT_EQ(thalweg_optimizer_destroy(o), THALWEG_OK);
  expect_usage(thalweg_optimizer_destroy(o), "it is not of thalweg_optimizer");
  expect_usage(thalweg_optimizer_step(o, nullptr, nullptr), "destroyed");
  expect_usage(thalweg_optimizer_step(nullptr, nullptr, nullptr), "NULL");
  expect_usage(thalweg_optimizer_step(reinterpret_cast<thalweg_optimizer*>(params_), nullptr, nullptr),
               "it is not of thalweg_optimizer");
  expect_usage(thalweg_optimizer_step(reinterpret_cast<thalweg_optimizer*>(value_), nullptr, nullptr),
               "handle");
  for (const std::uintptr_t number : {std::uintptr_t{1}, std::uintptr_t{3}, ~std::uintptr_t{0}}) {
    expect_usage(thalweg_optimizer_step(reinterpret_cast<thalweg_optimizer*>(number), nullptr, nullptr),
                 "handle");
  }
  EXPECT_EQ(thalweg_optimizer_destroy(nullptr), THALWEG_OK);
  thalweg_optimizer* next = optimizer("lr(1)");  // in the same place
  EXPECT_NE(next, o);
  expect_usage(thalweg_optimizer_step(o, nullptr, nullptr), "destroyed");
  EXPECT_EQ(thalweg_optimizer_step(next, nullptr, nullptr), THALWEG_OK);
  EXPECT_EQ(values(), (std::vector<double>{0, 0, -1}));
  thalweg_optimizer_destroy(next);
}

TEST_F(CAbi, AnOptimizerKeepsItsParametersAlive) {
  thalweg_optimizer* o = optimizer("lr(1)");
  EXPECT_EQ(thalweg_params_destroy(params_), THALWEG_OK);
  EXPECT_EQ(thalweg_optimizer_step(o, nullptr, nullptr), THALWEG_OK);
  EXPECT_EQ(values(), (std::vector<double>{0, 0, -1}));
  thalweg_optimizer_destroy(o);
  EXPECT_EQ(thalweg_params_create(&params_), THALWEG_OK);
}

TEST_F(CAbi, StructuresOfOtherSizesAreReadAsFarAsTheyGo) {
  thalweg_optimizer_options options = THALWEG_OPTIMIZER_OPTIONS_INIT;
  options.struct_size = offsetof(thalweg_optimizer_options, statistics);  // an older caller
  options.nonfinite = "no such policy";
  thalweg_optimizer* o = optimizer("lr(1)", &options);
  struct {
    thalweg_report report;
    std::uint64_t beyond;
  } newer = {THALWEG_REPORT_INIT, 77};
  newer.report.struct_size = sizeof newer;
  EXPECT_EQ(thalweg_optimizer_step(o, nullptr, &newer.report), THALWEG_OK);
  EXPECT_EQ(newer.report.update, 1u);
  EXPECT_EQ(newer.beyond, 77u);
  thalweg_report older = THALWEG_REPORT_INIT;
  older.struct_size = offsetof(thalweg_report, lr);
  older.lr = 5;
  EXPECT_EQ(thalweg_optimizer_step(o, nullptr, &older), THALWEG_OK);
  EXPECT_EQ(older.update, 2u);
  EXPECT_EQ(older.lr, 5);
  thalweg_report unset = {};
  expect_usage(thalweg_optimizer_step(o, nullptr, &unset), "struct_size");
  options.struct_size = offsetof(thalweg_optimizer_options, nonfinite) + 4;  // within an address
  thalweg_optimizer* none = nullptr;
  expect_usage(thalweg_optimizer_create(params_, "lr(1)", &options, &none), "struct_size");
  EXPECT_EQ(values(), (std::vector<double>{-1, -2, -5}));  // two steps, not three
  thalweg_optimizer_destroy(o);
}

TEST_F(CAbi, WhatIsMissingIsAnErrorThatNamesIt) {
  const std::int64_t shape[] = {3};
  expect_usage(
      thalweg_params_adopt(params_, nullptr, 1, shape, THALWEG_F64, value_, grad_, THALWEG_WEIGHT, nullptr),
      "name: it is NULL");
  expect_usage(
      thalweg_params_adopt(params_, "v", 1, nullptr, THALWEG_F64, value_, grad_, THALWEG_WEIGHT, nullptr),
      "shape: it is NULL");
  expect_usage(
      thalweg_params_adopt(params_, "v", 1, shape, THALWEG_F64, value_, grad_, THALWEG_WEIGHT, nullptr),
      "overlaps that of `w`");
  expect_usage(thalweg_params_adopt(params_, "v", 1, shape, static_cast<thalweg_dtype>(3), value_, grad_,
                                    THALWEG_WEIGHT, nullptr),
               "dtype: unknown; got 3");
  expect_usage(thalweg_params_set_absent(params_, 1, 1), "index");
  expect_usage(thalweg_optimizer_create(params_, "adm", nullptr, nullptr), "optimizer: it is NULL");
  thalweg_optimizer* none = nullptr;
  expect_usage(thalweg_optimizer_create(params_, "adm | lr(1)", nullptr, &none), "adam");
  EXPECT_EQ(none, nullptr);
  expect_usage(thalweg_list("nothing", nullptr), "kind");
  const char* text = nullptr;
  EXPECT_EQ(thalweg_chain_print("adamw(lr=0.1)", 0, &text), THALWEG_OK);
  EXPECT_STREQ(text, "adam | decay(0.01, on=[matrices, embedding]) | lr(0.1)");
}

TEST_F(CAbi, StateIsThereToBeReadAndWritten) {
  thalweg_optimizer* o = optimizer("momentum(0.5) | lr(1)");
  EXPECT_EQ(thalweg_optimizer_step(o, nullptr, nullptr), THALWEG_OK);
  std::size_t count = 0;
  EXPECT_EQ(thalweg_optimizer_state_count(o, &count), THALWEG_OK);
  ASSERT_EQ(count, 1u);
  thalweg_tensor state = THALWEG_TENSOR_INIT;
  EXPECT_EQ(thalweg_optimizer_state(o, 0, &state), THALWEG_OK);
  EXPECT_STREQ(state.name, "w/momentum.b");
  EXPECT_EQ(state.dtype, THALWEG_F64);
  EXPECT_EQ(state.size, 3u);
  auto* b = static_cast<double*>(state.data);
  EXPECT_EQ(b[2], 4);
  b[2] = 10;
  std::uint64_t clock = 0;
  EXPECT_EQ(thalweg_optimizer_clock(o, 0, &clock), THALWEG_OK);
  EXPECT_EQ(clock, 1u);
  EXPECT_EQ(thalweg_optimizer_step(o, nullptr, nullptr), THALWEG_OK);
  EXPECT_EQ(value_[2], 3 - 4 - (0.5 * 10 + 4));
  expect_usage(thalweg_optimizer_state(o, 1, &state), "there is no such state");
  thalweg_optimizer_destroy(o);
}

TEST_F(CAbi, StateGoesThroughMemoryAndFiles) {
  thalweg_optimizer* from = optimizer("adam | lr(0.1)");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(thalweg_optimizer_step(from, nullptr, nullptr), THALWEG_OK);
  std::size_t size = 0;
  EXPECT_EQ(thalweg_optimizer_save_memory(from, nullptr, 0, &size), THALWEG_OK);
  std::vector<char> bytes(size);
  expect_usage(thalweg_optimizer_save_memory(from, bytes.data(), size - 1, &size), "too small");
  EXPECT_EQ(thalweg_optimizer_save_memory(from, bytes.data(), size, &size), THALWEG_OK);
  const std::vector<double> at_3 = values();
  EXPECT_EQ(thalweg_optimizer_step(from, nullptr, nullptr), THALWEG_OK);
  const std::vector<double> at_4 = values();

  thalweg_optimizer* to = optimizer("adam | lr(0.1)");
  EXPECT_EQ(thalweg_optimizer_load_memory(to, bytes.data(), size, nullptr, nullptr), THALWEG_OK);
  EXPECT_EQ(values(), at_3);
  EXPECT_EQ(thalweg_optimizer_step(to, nullptr, nullptr), THALWEG_OK);
  EXPECT_EQ(values(), at_4);

  thalweg_optimizer* lion = optimizer("lion | lr(0.1)");
  EXPECT_EQ(thalweg_optimizer_load_memory(lion, bytes.data(), size, nullptr, nullptr), THALWEG_DATA);
  EXPECT_EQ(values(), at_4);
  thalweg_load_options options = THALWEG_LOAD_OPTIONS_INIT;
  options.other_chain = 1;
  const char* report = nullptr;
  EXPECT_EQ(thalweg_optimizer_load_memory(lion, bytes.data(), size, &options, &report), THALWEG_OK);
  expect_contains(report, "{\"from\": \"optimizer/w/adam.m\", \"to\": \"optimizer/w/lion.m\"}");
  for (thalweg_optimizer* o : {from, to, lion}) thalweg_optimizer_destroy(o);
}

TEST_F(CAbi, NoStepIsTakenWhileTheParametersHoldAverages) {
  thalweg_optimizer* o = optimizer("lr(1) | average(decay=0.5)");
  EXPECT_EQ(thalweg_optimizer_step(o, nullptr, nullptr), THALWEG_OK);
  const std::vector<double> raw = values();
  EXPECT_EQ(thalweg_optimizer_begin_averaged(o), THALWEG_OK);
  EXPECT_NE(values(), raw);
  expect_usage(thalweg_optimizer_step(o, nullptr, nullptr), "the parameters hold averages");
  EXPECT_EQ(thalweg_optimizer_end_averaged(o), THALWEG_OK);
  EXPECT_EQ(values(), raw);
  EXPECT_EQ(thalweg_optimizer_begin_averaged(o), THALWEG_OK);
  EXPECT_EQ(thalweg_optimizer_destroy(o), THALWEG_OK);  // gives them back
  EXPECT_EQ(values(), raw);
}

TEST_F(CAbi, ASaveMayEndLater) {
  const TestFolder folder;
  const std::string path = (folder.path() / "a").string();
  thalweg_optimizer* o = optimizer("adam | lr(1)");
  EXPECT_EQ(thalweg_optimizer_end_save(o), THALWEG_OK) << "there is none";
  EXPECT_EQ(thalweg_optimizer_begin_save(o, path.c_str()), THALWEG_OK) << thalweg_last_error();
  EXPECT_EQ(thalweg_optimizer_step(o, nullptr, nullptr), THALWEG_OK);
  EXPECT_EQ(thalweg_optimizer_end_save(o), THALWEG_OK);
  EXPECT_EQ(thalweg_optimizer_load(o, path.c_str(), nullptr, nullptr), THALWEG_OK) << thalweg_last_error();
  std::uint64_t updates = 9;
  EXPECT_EQ(thalweg_optimizer_updates(o, &updates), THALWEG_OK);
  EXPECT_EQ(updates, 0u);
  EXPECT_EQ(thalweg_optimizer_begin_save(o, folder.path().c_str()), THALWEG_OK);
  EXPECT_EQ(thalweg_optimizer_end_save(o), THALWEG_RESOURCE);
  expect_contains(thalweg_last_error(), "cannot be written");
  EXPECT_EQ(thalweg_optimizer_begin_averaged(o), THALWEG_OK);
  expect_usage(thalweg_optimizer_begin_save(o, path.c_str()), "the parameters hold averages");
  thalweg_optimizer_destroy(o);
}

TEST_F(CAbi, AveragesAreGivenBackWhereTheParameterLiesByThen) {
  thalweg_optimizer* o = optimizer("lr(1) | average(decay=0.5)");
  EXPECT_EQ(thalweg_optimizer_step(o, nullptr, nullptr), THALWEG_OK);
  const std::vector<double> raw = values();
  EXPECT_EQ(thalweg_optimizer_begin_averaged(o), THALWEG_OK);
  const std::vector<double> averages = values();
  double elsewhere[3] = {7, 7, 7};
  EXPECT_EQ(thalweg_params_rebind(params_, 0, elsewhere, grad_), THALWEG_OK);
  EXPECT_EQ(thalweg_optimizer_end_averaged(o), THALWEG_OK);
  EXPECT_EQ(std::vector<double>(elsewhere, elsewhere + 3), raw);
  EXPECT_EQ(values(), averages);  // nobody's any more
  thalweg_optimizer_destroy(o);
}

TEST_F(CAbi, StateThatWasToldOfStaysReadableWhenThePlanIsMadeAnew) {
  thalweg_optimizer* o = optimizer("momentum(0.5) | lr(1)");
  EXPECT_EQ(thalweg_optimizer_step(o, nullptr, nullptr), THALWEG_OK);
  thalweg_tensor before = THALWEG_TENSOR_INIT, after = THALWEG_TENSOR_INIT;
  EXPECT_EQ(thalweg_optimizer_state(o, 0, &before), THALWEG_OK);
  EXPECT_EQ(thalweg_optimizer_replan(o), THALWEG_OK);
  EXPECT_EQ(static_cast<double*>(before.data)[2], 4);
  EXPECT_EQ(thalweg_optimizer_state(o, 0, &after), THALWEG_OK);
  EXPECT_NE(after.data, before.data);
  EXPECT_EQ(static_cast<double*>(after.data)[2], 4);
  thalweg_optimizer_destroy(o);
}

TEST_F(CAbi, ASecondThreadInAnOptimizerIsAnError) {
  thalweg_optimizer* o = optimizer("lr(0)");
  std::atomic<int> refused = 0, done = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int step = 0; step < 5000; ++step) {
        const thalweg_status status = thalweg_optimizer_step(o, nullptr, nullptr);
        ++(status == THALWEG_OK ? done : refused);
        if (status != THALWEG_OK) expect_usage(status, "another thread is using it");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::uint64_t updates = 0;
  EXPECT_EQ(thalweg_optimizer_updates(o, &updates), THALWEG_OK);
  EXPECT_EQ(updates, static_cast<std::uint64_t>(done));
  EXPECT_EQ(done + refused, 20000);
  thalweg_optimizer_destroy(o);
}

TEST_F(CAbi, WhatIsNotFiniteIsReportedOrRefusedByThePolicy) {
  grad_[1] = NAN;
  thalweg_optimizer_options options = THALWEG_OPTIMIZER_OPTIONS_INIT;
  options.nonfinite = "error";
  thalweg_optimizer* o = optimizer("lr(1)", &options);
  EXPECT_EQ(thalweg_optimizer_step(o, nullptr, nullptr), THALWEG_DIVERGED);
  EXPECT_EQ(values(), (std::vector<double>{1, 2, 3}));
  thalweg_optimizer_destroy(o);
  o = optimizer("lr(1)");
  thalweg_report report = THALWEG_REPORT_INIT;
  EXPECT_EQ(thalweg_optimizer_step(o, nullptr, &report), THALWEG_OK);
  EXPECT_EQ(report.nonfinite, 1u);
  EXPECT_EQ(report.nonfinite_parameter, 0);
  EXPECT_EQ(report.nonfinite_index, 1u);
  thalweg_optimizer_destroy(o);
}

TEST(CMemory, IsZeroAlignedAndFreedOnce) {
  for (const std::size_t bytes : {0, 1, 4096, 3 << 20}) {
    void* memory = nullptr;
    ASSERT_EQ(thalweg_memory_create(bytes, &memory), THALWEG_OK);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 64, 0u);
    for (std::size_t i = 0; i < bytes; i += 512) EXPECT_EQ(static_cast<char*>(memory)[i], 0);
    EXPECT_EQ(thalweg_memory_destroy(memory), THALWEG_OK);
    expect_usage(thalweg_memory_destroy(memory), "freed before");
  }
  void* none = nullptr;
  EXPECT_EQ(thalweg_memory_create(SIZE_MAX, &none), THALWEG_RESOURCE);
  EXPECT_EQ(none, nullptr);
}

TEST(CThreads, EachHasItsOwnErrorsAndOptimizers) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([i] {
      double value = 1, grad = i;
      thalweg_params* params = nullptr;
      thalweg_optimizer* o = nullptr;
      thalweg_params_create(&params);
      thalweg_params_adopt(params, "w", 0, nullptr, THALWEG_F64, &value, &grad, THALWEG_NO_ROLE, nullptr);
      thalweg_optimizer_create(params, "lr(1)", nullptr, &o);
      for (int step = 0; step < 100; ++step)
        EXPECT_EQ(thalweg_optimizer_step(o, nullptr, nullptr), THALWEG_OK);
      EXPECT_EQ(value, 1 - 100 * i);
      thalweg_optimizer_destroy(o);
      thalweg_params_destroy(params);
      const std::string name = "mistake" + std::to_string(i);
      EXPECT_EQ(thalweg_chain_print(name.c_str(), 0, nullptr), THALWEG_USAGE);
      expect_contains(thalweg_last_error(), name);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(CSchedule, GivesTheValuesOfItsText) {
  thalweg_schedule* schedule = nullptr;
  expect_usage(thalweg_schedule_create("cosine(0.1)", 0, 0, &schedule),
               "`total` has no number of updates yet");
  ASSERT_EQ(thalweg_schedule_create("linear(1, warmup=5%)", 100, 0, &schedule), THALWEG_OK);
  double values[3];
  EXPECT_EQ(thalweg_schedule_values(schedule, 4, 3, values), THALWEG_OK);
  EXPECT_EQ(values[0], 0.8);
  EXPECT_EQ(values[1], 1.0);
  EXPECT_EQ(values[2], 1 - 1.0 / 95);
  std::uint64_t total = 0;
  EXPECT_EQ(thalweg_schedule_total(schedule, &total), THALWEG_OK);
  EXPECT_EQ(total, 100u);
  EXPECT_EQ(thalweg_schedule_destroy(schedule), THALWEG_OK);
}

}  // namespace
}  // namespace thalweg
