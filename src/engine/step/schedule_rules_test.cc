// Faults of schedules that users of other libraries have reported, by letter and number. The numbers in
// comments are of those reports.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

#include "params/test_params.h"
#include "schedule/schedules.h"
#include "thalweg/optimizer.h"

namespace thalweg {
namespace {

// One text of each shape.
constexpr const char* kTexts[] = {
    "0.1",
    "constant(0.5, warmup=7)",
    "linear(1, total=90, warmup=10, floor=0.1)",
    "cosine(1, total=100, past=bounce)",
    "polynomial(1, total=80, power=0.5, past=stretch)",
    "cyclic(1, total=100, cycles=7, gamma=0.9)",
    "cyclic(1, period=3, mult=1.5, inclusive=true)",
    "step(1, every=30, warmup=5, warmup_from=0.5)",
    "multi_step(0.2, at=[20, 20, 80])",
    "exponential(1, every=10, gamma=0.9, floor=5%)",
    "piecewise([0, 1, 0.1], at=[20, 100], kind=cosine)",
    "join([linear(1, total=30), cosine(1, total=50)], at=[40])",
    "product([0.5, step(1, every=20), cosine(1, total=90)])",
    "rex(1, total=90, warmup=10, warmup_shape=log)",
    "wsd(1, total=90, warmup=10, decay=30, cooldown=sqrt, floor=0.1)",
    "one_cycle(1, total=90, three_phase=true, anneal=linear)",
    "one_cycle(0.95, total=90, opposite=true, floor=0.85)",
    "triangular(1, up=20, down=7, floor=0.1, mode=exp_range, gamma=0.99)",
    "inverse_time(1, every=10, rate=0.5, staircase=true, align=next)",
    "inverse_sqrt(1, warmup=10, warmup_shape=cosine)",
    "noam(64, warmup=10)",
    "sum([0.1, cosine(1, total=90)])",
    "mean([step(1, every=20), linear(1, total=90, warmup=5, warmup_shape=sqrt)])",
    "scale(cosine(1, total=90), 0.5)",
};

TEST(ScheduleRules, EveryShapeIsAmongTheTexts) {
  for (const ScheduleShape& shape : schedule_shapes()) {
    const std::string name = std::string(shape.spec.name) + "(";
    EXPECT_TRUE(std::any_of(std::begin(kTexts), std::end(kTexts), [&](const std::string& text) {
      return text.starts_with(name);
    })) << name;
  }
}

// pytorch#20527, pytorch#22107, pytorch#49885
TEST(ScheduleA1, IsPureInAnyOrderOfCalls) {
  for (const char* text : kTexts) {
    const Schedule in_order(text), shuffled(text);
    std::vector<double> values;
    std::vector<std::uint64_t> order;
    for (std::uint64_t k = 0; k < 200; ++k) {
      values.push_back(in_order(k));
      order.push_back(k);
    }
    std::shuffle(order.begin(), order.end(), std::mt19937(1));
    for (const std::uint64_t k : order) EXPECT_EQ(shuffled(k), values[k]) << text << " at " << k;
    EXPECT_EQ(Schedule(text)(199), values[199]);
  }
}

// yolov5#292, mmengine#1542, threestudio#226
TEST(ScheduleA2, HasNoEffectOnAnOptimizer) {
  const Chain chain("momentum(0.9) | lr(cosine(0.1, total=20, warmup=5))");
  OneParameter<double> one({1.0}), other({1.0});
  Optimizer left_alone(one.params(), chain), disturbed(other.params(), chain);
  for (std::uint64_t k = 0; k < 22; ++k) {
    for (const char* text : kTexts) {
      const Schedule made(text);
      const Schedule copy = made;
      EXPECT_EQ(Schedule(copy.text())(3 * k), made(3 * k));
    }
    one.set_grad({0.5});
    other.set_grad({0.5});
    EXPECT_EQ(left_alone.step().lr, disturbed.step().lr);
    EXPECT_EQ(one.value(), other.value()) << k;
    EXPECT_EQ(disturbed.updates(), k + 1);
    EXPECT_EQ(disturbed.chain(), left_alone.chain());
  }
}

// pytorch#20486, pytorch#31871
TEST(ScheduleA3, AMilestoneMultipliesByGammaOnce) {
  const Schedule s("multi_step(0.2, at=[2, 8], gamma=0.1)");
  const double want[] = {0.2, 0.2, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.002, 0.002};
  for (std::uint64_t k = 0; k < 10; ++k) EXPECT_DOUBLE_EQ(s(k), want[k]) << k;
  EXPECT_DOUBLE_EQ(s(UINT64_MAX), 0.002);
  EXPECT_EQ(s.lowest(), s(8));
  const Schedule twice("multi_step(1, at=[0, 3, 3], gamma=0.5)");
  EXPECT_EQ(twice(0), 0.5);
  EXPECT_EQ(twice(3), 0.125);
  expect_contains(usage_error([] { Schedule("multi_step(1, at=[8, 2])"); }), "2 after 8");
}

// pytorch#185872, pytorch#185986
TEST(ScheduleA4, AJoinAtZeroBeginsWithTheNextPart) {
  const Schedule s("join([7, linear(1, total=4)], at=[0])");
  for (std::uint64_t k = 0; k < 6; ++k) EXPECT_EQ(s(k), Schedule("linear(1, total=4)")(k)) << k;
  EXPECT_EQ(s.highest(), 1.0);  // the 7 is never used
  const Schedule skips("join([1, 2, 3, linear(4, total=4)], at=[0, 0, 1])");
  EXPECT_EQ(skips(0), 3.0);
  EXPECT_EQ(skips(1), 4.0);
  EXPECT_EQ(skips(2), 3.0);
  expect_contains(usage_error([] { Schedule("join([1, 2], at=[-1])"); }), "at least 0");
  expect_contains(usage_error([] { Schedule("join([1, 2, 3], at=[5, 4])"); }), "4 after 5");
}

// threestudio#226
TEST(ScheduleA5, AJoinedPartIsOnItsOwnClock) {
  const Schedule f("cosine(1, total=30)"), g("exponential(0.5, gamma=0.9)");
  const Schedule s("join([cosine(1, total=30), exponential(0.5, gamma=0.9)], at=[12])");
  for (std::uint64_t k = 0; k < 40; ++k) EXPECT_EQ(s(k), k < 12 ? f(k) : g(k - 12)) << k;
  EXPECT_EQ(s(std::uint64_t{1} << 40), g((std::uint64_t{1} << 40) - 12));
  const Schedule constants("product([0.3, join([1, 0.1, 0.5], at=[200, 500])])");
  EXPECT_EQ(constants(199), 0.3);
  EXPECT_EQ(constants(200), 0.3 * 0.1);
  EXPECT_EQ(constants(499), 0.3 * 0.1);
  EXPECT_EQ(constants(500), 0.3 * 0.5);
}

// mlx#2617
TEST(ScheduleA6, TheDecayBeginsAtTheExactPeakAndEndsAtTheExactFloor) {
  for (const char* text : {"cosine(1e-5, total=1100, warmup=100, floor=1e-6)",
                           "linear(1e-5, total=1100, warmup=100, floor=1e-6)",
                           "polynomial(1e-5, total=1100, power=3, warmup=100, floor=1e-6)",
                           "cyclic(1e-5, total=1100, cycles=1, warmup=100, floor=1e-6)"}) {
    const Schedule s(text);
    EXPECT_EQ(s(0), 0.0) << text;
    EXPECT_LT(s(99), 1e-5) << text;
    EXPECT_EQ(s(100), 1e-5) << text;
    EXPECT_LT(s(101), 1e-5) << text;
    EXPECT_GT(s(1099), 1e-6) << text;
    EXPECT_EQ(s(1100), 1e-6) << text;
    EXPECT_EQ(s(5000), 1e-6) << text;
  }
}

// gpt-neox#1008, pytorch#19180, pytorch#40971, pytorch#152081
TEST(ScheduleA7, ACosineFallsAllTheWayAndHasNoFlatTail) {
  const Schedule s("cosine(1, total=100, floor=0.3)");
  for (std::uint64_t k = 0; k < 100; ++k) {
    EXPECT_GT(s(k), s(k + 1)) << k;
    EXPECT_NEAR(s(k), 0.3 + 0.7 * (1 + std::cos(std::numbers::pi * static_cast<double>(k) / 100)) / 2, 1e-15);
  }
  usage_error([] { Schedule("cosine(1, total=0)"); });
}

// pytorch#23480, pytorch#23952
TEST(ScheduleA8, WarmRestartsHaveTheValuesOfTheirFormula) {
  const Schedule s("cyclic(0.5, period=1, mult=2)");
  const double want[] = {
      0.5, 0.5, 0.25, 0.5, 0.42677669529663687, 0.25, 0.07322330470336313, 0.5, 0.4809698831278217};
  for (std::uint64_t k = 0; k < 9; ++k) EXPECT_NEAR(s(k), want[k], 1e-15 * want[k]) << k;
}

// pytorch#110493, pytorch#110497, pytorch#49630
TEST(ScheduleA9, WarmRestartsJumpFarWithoutLosingTheirPlace) {
  const Schedule s("cyclic(1, period=10, mult=2)");
  const double share = 344650.0 / 655360.0;  // update 1,000,000 is in cycle 16
  EXPECT_NEAR(s(1000000), (1 + std::cos(std::numbers::pi * share)) / 2, 1e-15);
  for (const std::uint64_t mult : {2, 3, 7}) {
    const Schedule grows("cyclic(1, period=10, gamma=2, mult=" + std::to_string(mult) + ")");
    std::uint64_t start = 0, length = 10;
    for (int cycle = 0; start < std::uint64_t{1} << 48; ++cycle) {  // whole in double throughout
      EXPECT_EQ(grows(start), std::ldexp(1.0, cycle)) << mult << ", " << cycle;
      EXPECT_LT(grows(start + length - 1), 0.03 * std::ldexp(1.0, cycle)) << mult << ", " << cycle;
      start += length;
      length *= mult;
    }
  }
}

// pytorch#47560
TEST(ScheduleA10, TheFloorIsReachedAtTheRestartOrWithTheLastUpdateOfTheCycle) {
  const Schedule open("cyclic(1, period=10, floor=0.1)");
  const Schedule inclusive("cyclic(1, period=10, floor=0.1, inclusive=true)");
  for (std::uint64_t cycle = 0; cycle < 30; cycle += 10) {
    EXPECT_DOUBLE_EQ(open(cycle + 9), 0.1 + 0.9 * (1 + std::cos(0.9 * std::numbers::pi)) / 2);
    EXPECT_EQ(inclusive(cycle + 9), 0.1);
    EXPECT_EQ(open(cycle), 1.0);
    EXPECT_EQ(inclusive(cycle), 1.0);
  }
  EXPECT_EQ(Schedule("cyclic(1, period=1, inclusive=true)")(5), 1.0);  // a cycle that is but its restart
  const Schedule cycles("cyclic(1, total=20, cycles=2, inclusive=true)");
  for (std::uint64_t k = 0; k < 20; ++k) EXPECT_NEAR(cycles(k), (inclusive(k) - 0.1) / 0.9, 1e-15) << k;
}

// GrowSP#11, pytorch#91853, candle#1448
TEST(ScheduleA11, OneCycleEndsWithItsLastUpdateAndHoldsItsFinalValue) {
  const Schedule s("one_cycle(1, total=10)");
  EXPECT_EQ(s(0), 1.0 / 25);
  EXPECT_EQ(s(2), 1.0);
  EXPECT_GT(s(8), 1e-3);
  for (const std::uint64_t k : {9u, 10u, 11u, 1000000u}) EXPECT_EQ(s(k), 1.0 / 25 / 1e4) << k;
  EXPECT_EQ(s(UINT64_MAX), 1.0 / 25 / 1e4);
  EXPECT_EQ(s.total(), 9u);
  const Schedule momentum("one_cycle(0.95, total=10, opposite=true, floor=0.85)");
  EXPECT_EQ(momentum(0), 0.95);
  EXPECT_EQ(momentum(2), 0.85);
  for (const std::uint64_t k : {9u, 10u, 1000000u}) EXPECT_EQ(momentum(k), 0.95) << k;
  for (std::uint64_t k = 0; k < 9; ++k) EXPECT_EQ(s(k) < s(k + 1), momentum(k) > momentum(k + 1)) << k;
}

// optax#206, pytorch#31871
TEST(ScheduleA14, TheRateThatIsReportedIsTheRateThatWasUsed) {
  for (const std::string text :
       {"cosine(0.1, total=20, warmup=5, floor=0.01)", "multi_step(0.1, at=[2, 8, 13])",
        "join([linear(0.1, total=4), cyclic(0.2, period=3)], at=[6])"}) {
    const Schedule s(text);
    OneParameter<double> one({0.0});
    one.set_grad({1.0});
    Optimizer optimizer(one.params(), Chain("lr(0.5) | lr(" + text + ")"));
    const auto check_step = [&](std::uint64_t k) {
      one.set_value({0.0});
      const Report report = optimizer.step();
      EXPECT_EQ(report.update, k + 1);
      EXPECT_EQ(one.value()[0], -report.lr) << k;
      EXPECT_EQ(report.lr, 0.5 * s(k)) << text << " at " << k;
    };
    for (std::uint64_t k = 0; k < 25; ++k) check_step(k);
    optimizer.set_updates(12);  // as after a resume
    check_step(12);
  }
}

// numenta/nupic.research#328, pytorch#3026
TEST(ScheduleA15, ATextIsAllThereIs) {
  for (const char* text : kTexts) {
    const Schedule s(text), again(s.text(true));
    EXPECT_EQ(s.text(true).find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789.,-%=()[] "),
              std::string::npos);
    for (const std::uint64_t k : {0u, 1u, 19u, 20u, 99u, 100u, 12345u}) EXPECT_EQ(s(k), again(k)) << text;
  }
}

}  // namespace
}  // namespace thalweg
