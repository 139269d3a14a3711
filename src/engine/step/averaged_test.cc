// The parameters to evaluate: what they are in closed form, and that the trained ones come back.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "params/test_params.h"
#include "thalweg/optimizer.h"

namespace thalweg {
namespace {

constexpr double kRate = 0.125, kStart = 1.0;

// The value after t plain updates with a gradient of 1.
double fast(int t) { return kStart - kRate * t; }

double ema(int t, double decay, bool ramp) {
  double sum = kStart;
  for (int i = 1; i <= t; ++i) {
    const double d = ramp ? std::min(decay, (1.0 + i) / (10.0 + i)) : decay;
    sum = d * sum + (1 - d) * fast(i);
  }
  return sum;
}

// The mean of the values at start + 1, start + 1 + every, ...; the newest value before.
double mean(int t, int start, int every) {
  if (t <= start) return fast(t);
  double sum = 0;
  int taken = 0;
  for (int i = start + 1; i <= t; i += every, ++taken) sum += fast(i);
  return sum / taken;
}

// Slow weights: each k updates they go alpha of the way, and the fast ones begin there again.
double slow(int t, int k, double alpha) { return kStart - alpha * kRate * k * (t / k); }

// The mean of z_1 .. z_t with weights i^r, where z_i are the values of plain descent.
double free_of_schedule(int t, double r) {
  double sum = 0, weights = 0;
  for (int i = 1; i <= t; ++i) {
    sum += std::pow(i, r) * fast(i);
    weights += std::pow(i, r);
  }
  return sum / weights;
}

struct Form {
  const char* landing;
  double (*want)(int t);
};

TEST(Averaged, IsTheClosedFormOfEachKind) {
  for (const Form& form : {
           Form{"average(decay=0.75)", [](int t) { return ema(t, 0.75, false); }},
           Form{"average(decay=0.4, ramp=true)", [](int t) { return ema(t, 0.4, true); }},
           Form{"average(form=mean)", [](int t) { return mean(t, 0, 1); }},
           Form{"average(form=mean, start=3, every=2)", [](int t) { return mean(t, 3, 2); }},
           Form{"lookahead(k=3, alpha=0.25)", [](int t) { return slow(t, 3, 0.25); }},
           Form{"schedule_free", [](int t) { return free_of_schedule(t, 0); }},
           Form{"schedule_free(beta1=0.5, r=2, power=1)", [](int t) { return free_of_schedule(t, 2); }},
           Form{"lookahead(k=99) | average(form=mean)", [](int t) { return mean(t, 0, 1); }},
       }) {
    OneParameter<double> one({kStart});
    one.set_grad({1});
    Optimizer optimizer(one.params(), Chain(std::string("lr(0.125) | ") + form.landing));
    EXPECT_TRUE(optimizer.averages());
    for (int t = 1; t <= 11; ++t) {
      optimizer.step();
      const Averaged averaged = optimizer.averaged();
      EXPECT_NEAR(one.value()[0], form.want(t), 1e-14) << form.landing << " after " << t;
    }
  }
}

// Numbers whose bits are easily lost.
template <class T>
std::vector<T> awkward() {
  const auto inf = std::numeric_limits<T>::infinity();
  std::vector<T> out = {T(-0.0), std::numeric_limits<T>::denorm_min(), std::numeric_limits<T>::quiet_NaN(),
                        -inf, T(1) / 3};
  for (std::uint64_t i = 0; i < 3000; ++i) out.push_back(static_cast<T>(sample_number(1, i)));
  return out;
}

template <class T>
void check_restored(const char* chain) {
  OneParameter<T> one(awkward<T>());
  Optimizer optimizer(one.params(), Chain(chain));
  for (std::uint64_t k = 0; k < 3; ++k) {
    fill_numbers(one.params()[0].template grad<T>(), k);
    optimizer.step();
    one.set_value(awkward<T>());
    const std::string before = value_bits(one.params()[0]);
    {
      Averaged first = optimizer.averaged();
      EXPECT_NE(value_bits(one.params()[0]), before);
      const Averaged second = std::move(first);
    }
    EXPECT_EQ(value_bits(one.params()[0]), before) << "after " << k + 1;
  }
}

TEST(Averaged, LeavesEveryBitAsItWas) {
  for (const char* chain : {"adam | lr(0.1) | average", "lr(0.1) | lookahead", "lr(0.1) | schedule_free"}) {
    SCOPED_TRACE(chain);
    check_restored<float>(chain);
    check_restored<double>(chain);
  }
}

TEST(Averaged, ChangesOnlyWhatIsAveragedAndHasMoved) {
  Params params;
  for (const auto& [name, role] : {std::pair("w", Role::weight), std::pair("b", Role::bias),
                                   std::pair("absent", Role::weight), std::pair("frozen", Role::weight)}) {
    Parameter& p = params.add(name, {2}, role, Dtype::f64);
    std::fill_n(p.value<double>().data(), 2, 5.0);
    std::fill_n(p.grad<double>().data(), 2, 1.0);
  }
  params[2].set_absent(true);
  params[3].set_frozen(true);
  Optimizer optimizer(params, Chain("lr(1) | average(decay=0.5, on=w) | average(decay=0.5, on=absent)"));
  {
    const Averaged nothing = optimizer.averaged();
    EXPECT_EQ(params[0].value<double>()[0], 5.0);
  }
  optimizer.step();
  {
    const Averaged averaged = optimizer.averaged();
    const std::vector<double> want = {4.5, 4.0, 5.0, 5.0};
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(params[i].value<double>()[1], want[i]) << params[i].name();
  }
  EXPECT_EQ(params[0].value<double>()[0], 4.0);
}

TEST(Averaged, WithoutAnAverageIsNothing) {
  OneParameter<float> one({1, 2});
  Optimizer optimizer(one.params(), Chain("adam | lr(1) | box(-1, 1)"));
  EXPECT_FALSE(optimizer.averages());
  one.set_grad({1, 1});
  optimizer.step();
  const std::vector<float> before = one.value();
  const Averaged averaged = optimizer.averaged();
  EXPECT_EQ(one.value(), before);
}

TEST(Landings, StandBehindEverythingThatFormsTheUpdate) {
  OneParameter<float> one({1});
  for (const char* chain :
       {"average | adam | lr(1)", "lookahead | momentum | lr(1)", "schedule_free | lr(1) | clip_norm(1)",
        "box(-1, 1) | cautious | lr(1)", "nonnegative | noise | lr(1)", "lr(1) | average | centralize"}) {
    const std::string error = usage_error([&] { Optimizer(one.params(), Chain(chain)); });
    expect_contains(error, "acts on the new parameter, after the update");
  }
  for (const char* chain : {"adam | average | lr(1)", "average | lr(1)", "lr(1) | box(-1, 1) | decay(0.1)"}) {
    EXPECT_EQ(Optimizer(one.params(), Chain(chain)).updates(), 0u) << chain;
  }
}

TEST(Landings, ActInTheirOrderOnTheWholeUpdate) {
  OneParameter<double> one({1});
  one.set_grad({4});
  Optimizer optimizer(one.params(),
                      Chain("box(-2, 2) | average(decay=0.5) | lr(1) | decay(0.5) | box(-1, 1)"));
  optimizer.step();
  EXPECT_EQ(one.value()[0], -1.0);  // 1 - 4 - 0.5 is below both
  const Averaged averaged = optimizer.averaged();
  EXPECT_EQ(one.value()[0], 0.5 * 1 + 0.5 * -2);
}

}  // namespace
}  // namespace thalweg
