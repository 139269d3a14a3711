// Parameters that come, go and come back while training goes on.
#include <gtest/gtest.h>

#include <cmath>

#include "params/test_params.h"
#include "thalweg/optimizer.h"

namespace thalweg {
namespace {

void add(Params& params, const std::string& name, Role role = Role::weight) {
  Parameter& p = params.add(name, {13, 11}, role);
  fill_numbers(p.value<float>(), 1);
}

void run(Params& params, Optimizer& optimizer, std::uint64_t first, std::uint64_t steps) {
  for (std::uint64_t k = first; k < first + steps; ++k) {
    for (Parameter& p : params) fill_numbers(p.grad<float>(), k);
    optimizer.step();
  }
}

// Value, state, kept numbers and clock of a parameter.
std::string bits_of_one(const Params& params, Optimizer& optimizer, std::size_t i) {
  const std::string name = params[i].name() + "/";
  std::string out = value_bits(params[i]) + std::to_string(optimizer.clocks()[i]);
  for (const StateTensor& s : optimizer.state()) {
    if (s.parameter == &params[i])
      out += s.name + bits_of(s.buffer.data, s.parameter->size() * sizeof(float));
  }
  for (const StateNumber& number : optimizer.numbers()) {
    if (number.name.starts_with(name)) out += number.name + bits_of(number.value, sizeof(double));
  }
  return out;
}

constexpr const char* kChain =
    "normalize(per=tensor, beta=0.5) | adam | decay(0.1) | lr(linear(0.1, total=20)) | schedule_free";

// A16: a group that is added later has the schedule of now and its own beginning.
TEST(Replan, A16AParameterAddedLaterBeginsAfreshAtTheRateOfNow) {
  Params params, alone, fresh;
  for (Params* p : {&params, &alone}) add(*p, "old");
  Optimizer optimizer(params, Chain(kChain)), without(alone, Chain(kChain));
  run(params, optimizer, 0, 4);
  run(alone, without, 0, 4);
  add(params, "new");
  add(fresh, "new");
  optimizer.replan();
  EXPECT_EQ(optimizer.updates(), 4u);
  Optimizer begins(fresh, Chain(kChain));
  begins.set_updates(4);
  run(params, optimizer, 4, 3);
  run(alone, without, 4, 3);
  run(fresh, begins, 4, 3);
  EXPECT_EQ(bits_of_one(params, optimizer, 0), bits_of_one(alone, without, 0));
  EXPECT_EQ(bits_of_one(params, optimizer, 1), bits_of_one(fresh, begins, 0));
  EXPECT_EQ(optimizer.clocks()[1], 3u);
}

TEST(Replan, AThawedParameterBeginsAfreshHoweverOldItIs) {
  Params params, fresh;
  add(params, "a");
  add(params, "b");
  params[1].set_frozen(true);
  Optimizer optimizer(params, Chain(kChain));
  run(params, optimizer, 0, 2);
  params[1].set_frozen(false);
  run(params, optimizer, 2, 1);
  EXPECT_EQ(optimizer.clocks()[1], 0u) << "it has no state yet";
  for (std::uint64_t k = 3; k < 9; k += 3) {  // thawed, then frozen and forgotten, then thawed again
    Params again;
    add(again, "b");
    std::copy_n(params[1].value<float>().data(), params[1].size(), again[0].value<float>().data());
    optimizer.replan();
    Optimizer begins(again, Chain(kChain));
    begins.set_updates(k);
    run(params, optimizer, k, 2);
    run(again, begins, k, 2);
    EXPECT_EQ(bits_of_one(params, optimizer, 1), bits_of_one(again, begins, 0)) << "from " << k;
    params[1].set_frozen(true);
    run(params, optimizer, k + 2, 1);
    optimizer.replan();
    params[1].set_frozen(false);
  }
}

TEST(Replan, KeepsWindowsScalesAndBudgets) {
  const char* chain = "skip(most=1) | accumulate(3) | loss_scale(8, every=2) | adam | lr(0.1)";
  Params params, same;
  for (Params* p : {&params, &same}) add(*p, "w");
  Optimizer optimizer(params, Chain(chain)), straight(same, Chain(chain));
  for (std::uint64_t k = 0; k < 12; ++k) {
    for (Params* p : {&params, &same}) {
      fill_numbers((*p)[0].grad<float>(), k);
      if (k == 7) (*p)[0].grad<float>()[3] = NAN;
    }
    optimizer.replan();
    EXPECT_EQ(optimizer.step().skipped, straight.step().skipped);
    EXPECT_EQ(optimizer.loss_scale(), straight.loss_scale());
    EXPECT_EQ(bits_of_one(params, optimizer, 0), bits_of_one(same, straight, 0)) << k;
  }
  EXPECT_EQ(optimizer.updates(), 3u);
}

TEST(Replan, ThatFailsChangesNothing) {
  Params params, same;
  for (Params* p : {&params, &same}) add(*p, "w");
  const char* chain = "adam | lr(0.1, on=weight)";
  Optimizer optimizer(params, Chain(chain)), straight(same, Chain(chain));
  run(params, optimizer, 0, 2);
  run(same, straight, 0, 2);
  add(params, "late", Role::other);
  expect_contains(usage_error([&] { optimizer.replan(); }), "`late` has no learning rate");
  run(params, optimizer, 2, 2);
  run(same, straight, 2, 2);
  EXPECT_EQ(bits_of_one(params, optimizer, 0), bits_of_one(same, straight, 0));
}

TEST(Freezing, AtRunTimeKeepsStateAndCountsInNoSum) {
  const char* chain =
      "clip_norm(0.5) | normalize(per=tensor, beta=0.5) | adam | decay(0.1) | lr(0.1) | average";
  Params params, alone;
  for (const char* name : {"a", "b"}) add(params, name);
  add(alone, "a");
  Optimizer optimizer(params, Chain(chain));
  run(params, optimizer, 0, 2);
  Optimizer without(alone, Chain(chain));
  params[1].set_frozen(true);
  const std::string before = bits_of_one(params, optimizer, 1);
  // From here `a` is as if it were alone: put it there.
  std::copy_n(params[0].value<float>().data(), params[0].size(), alone[0].value<float>().data());
  for (const StateTensor& to : without.state()) {
    for (const StateTensor& from : optimizer.state()) {
      if (from.name == to.name)
        std::memcpy(to.buffer.data, from.buffer.data, alone[0].size() * sizeof(float));
    }
  }
  for (const StateNumber& to : without.numbers()) {
    for (const StateNumber& from : optimizer.numbers()) {
      if (from.name == to.name) *to.value = *from.value;
    }
  }
  without.clocks()[0] = 2;
  without.set_updates(2);
  run(params, optimizer, 2, 3);
  run(alone, without, 2, 3);
  EXPECT_EQ(bits_of_one(params, optimizer, 1), before);
  EXPECT_EQ(bits_of_one(params, optimizer, 0), bits_of_one(alone, without, 0));
  params[1].set_frozen(false);
  run(params, optimizer, 5, 1);
  EXPECT_NE(bits_of_one(params, optimizer, 1), before);
  EXPECT_EQ(optimizer.clocks()[1], 3u) << "it goes on where it was";
}

}  // namespace
}  // namespace thalweg
