#include "thalweg/schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "base/test_error.h"
#include "schedule/schedules.h"

namespace thalweg {
namespace {

Schedule schedule(std::string_view text) { return Schedule(text); }

std::string error_of(std::string_view text) {
  return usage_error([&] { Schedule{text}; });
}

std::string resolved(std::string_view text, const Lengths& lengths) {
  return Schedule(text).resolve(lengths).text();
}

TEST(Schedule, ANumberIsASchedule) {
  const Schedule number(0.25);
  EXPECT_EQ(number(0), 0.25);
  EXPECT_EQ(number(UINT64_MAX), 0.25);
  EXPECT_TRUE(number.resolved());
  EXPECT_EQ(number.text(), "0.25");
  EXPECT_EQ(schedule("0.25"), number);
  EXPECT_EQ(schedule("-3e-5")(7), -3e-5);
}

TEST(Schedule, ConstantHoldsItsValueBehindTheWarmup) {
  const Schedule s = schedule("constant(0.5, warmup=4)");
  for (std::uint64_t k = 0; k < 4; ++k) EXPECT_EQ(s(k), 0.125 * static_cast<double>(k));
  for (const std::uint64_t k : {4u, 5u, 1000000u}) EXPECT_EQ(s(k), 0.5);
  EXPECT_EQ(schedule("constant(0.5)")(0), 0.5);
}

TEST(Schedule, LinearIsALineFromThePeakToTheFloorAtTotal) {
  const Schedule s = schedule("linear(1, total=10, warmup=2, floor=0.2)");
  EXPECT_EQ(s(0), 0.0);
  EXPECT_EQ(s(1), 0.5);
  EXPECT_EQ(s(2), 1.0);
  for (std::uint64_t k = 2; k <= 10; ++k) {
    EXPECT_DOUBLE_EQ(s(k), 0.2 + 0.8 * (1.0 - (static_cast<double>(k) - 2) / 8)) << k;
  }
  EXPECT_EQ(s(10), 0.2);
  EXPECT_EQ(s(11), 0.2);
  EXPECT_EQ(s(UINT64_MAX), 0.2);
}

TEST(Schedule, CosineIsHalfACosineFromThePeakToTheFloorAtTotal) {
  const Schedule s = schedule("cosine(3e-4, total=1000, warmup=100, floor=3e-5)");
  EXPECT_EQ(s(0), 0.0);
  EXPECT_EQ(s(50), 3e-4 * 50 / 100);
  EXPECT_EQ(s(100), 3e-4);
  EXPECT_DOUBLE_EQ(s(550), (3e-4 + 3e-5) / 2);
  EXPECT_DOUBLE_EQ(s(325), 3e-5 + 2.7e-4 * (1 + std::cos(std::numbers::pi / 4)) / 2);
  EXPECT_GT(s(999), 3e-5);
  EXPECT_EQ(s(1000), 3e-5);
  EXPECT_EQ(s(5000), 3e-5);
}

TEST(Schedule, AFloorAboveThePeakClimbs) {
  const Schedule s = schedule("linear(1, total=4, floor=2)");
  EXPECT_EQ(s(0), 1.0);
  EXPECT_EQ(s(2), 1.5);
  EXPECT_EQ(s(4), 2.0);
  EXPECT_EQ(s.lowest(), 1.0);
  EXPECT_EQ(s.highest(), 2.0);
}

TEST(Schedule, AFloorInPercentIsAShareOfThePeak) {
  const Schedule s = schedule("cosine(0.5, total=8, floor=10%)");
  EXPECT_EQ(s(8), 0.05);
  EXPECT_EQ(s.lowest(), 0.05);
  EXPECT_EQ(s.text(), "cosine(0.5, total=8, floor=10%)");
}

TEST(Schedule, EqualCyclesRestartExactlyWhereTheirRealLengthsEnd) {
  // 900 updates in 7 cycles: boundaries at 100 + 900 i / 7, most of them between two updates.
  const Schedule s = schedule("cyclic(1, total=1000, cycles=7, warmup=100)");
  for (std::uint64_t k = 100; k < 1000; ++k) {
    const std::uint64_t cycle = (k - 100) * 7 / 900;
    const double share = static_cast<double>((k - 100) * 7 - cycle * 900) / 900.0;
    EXPECT_NEAR(s(k), (1 + std::cos(std::numbers::pi * share)) / 2, 1e-15) << k;
  }
  EXPECT_EQ(s(100), 1.0);
  EXPECT_GT(s(229), 0.999);  // the first update of the second cycle, 3/7 of an update behind its start
  EXPECT_LT(s(228), 0.001);
  EXPECT_EQ(s(1000), 0.0);
}

TEST(Schedule, ARestartOnAWholeUpdateHasThePeakExactly) {
  const Schedule by_cycles = schedule("cyclic(0.3, total=330, cycles=11, floor=0.1)");
  const Schedule by_period = schedule("cyclic(0.3, period=30, floor=0.1)");
  for (std::uint64_t k = 0; k < 330; k += 30) {
    EXPECT_DOUBLE_EQ(by_cycles(k), 0.3) << k;
    EXPECT_DOUBLE_EQ(by_period(k), 0.3) << k;
    EXPECT_NEAR(by_cycles(k + 7), by_period(k + 7), 1e-16) << k;
  }
  EXPECT_EQ(by_cycles(330), 0.1);
  EXPECT_DOUBLE_EQ(by_period(330), 0.3);  // goes on
  EXPECT_DOUBLE_EQ(by_period(std::uint64_t{30} * 1000000007), 0.3);
}

TEST(Schedule, EveryRestartThatFallsOnAnUpdateHasThePeak) {
  for (std::uint64_t total = 2; total <= 150; ++total) {
    for (std::uint64_t cycles = 2; cycles <= total; ++cycles) {
      const Schedule s = schedule("cyclic(1, total=" + std::to_string(total) +
                                  ", cycles=" + std::to_string(cycles) + ", gamma=2)");
      for (std::uint64_t k = 0; k < total; ++k) {
        if (k * cycles % total != 0) continue;
        EXPECT_EQ(s(k), std::pow(2.0, static_cast<double>(k * cycles / total))) << s.text() << " at " << k;
      }
    }
  }
}

TEST(Schedule, GammaScalesThePeakOfEachCycle) {
  const Schedule s = schedule("cyclic(0.8, total=40, cycles=4, gamma=0.5, floor=0.1)");
  EXPECT_DOUBLE_EQ(s(0), 0.8);
  EXPECT_DOUBLE_EQ(s(10), 0.4);
  EXPECT_DOUBLE_EQ(s(20), 0.2);
  EXPECT_DOUBLE_EQ(s(30), 0.1);
  EXPECT_DOUBLE_EQ(s(15), 0.1 + 0.3 / 2);
  EXPECT_EQ(s(40), 0.1);
}

TEST(Schedule, MultMakesCyclesLonger) {
  const Schedule s = schedule("cyclic(1, total=70, cycles=3, mult=2)");  // 10, 20 and 40 updates
  for (const std::uint64_t k : {0u, 10u, 30u}) EXPECT_DOUBLE_EQ(s(k), 1.0) << k;
  for (const std::uint64_t k : {5u, 20u, 50u}) EXPECT_DOUBLE_EQ(s(k), 0.5) << k;
  for (const std::uint64_t k : {9u, 29u, 69u}) EXPECT_LT(s(k), 0.03) << k;
  EXPECT_EQ(s(70), 0.0);
}

TEST(Schedule, ATotalEndsCyclesOfAGivenPeriod) {
  const Schedule s = schedule("cyclic(1, total=25, period=10, floor=0.25)");
  EXPECT_DOUBLE_EQ(s(20), 1.0);
  EXPECT_EQ(s(25), 0.25);
  EXPECT_EQ(s(30), 0.25);
}

TEST(Schedule, BoundsHoldForEveryUpdate) {
  for (const char* text :
       {"0.5", "constant(2)", "constant(2, warmup=7)", "linear(1, total=50, warmup=3, floor=0.1)",
        "linear(1, total=50, floor=0.1)", "cosine(1, total=50, floor=3)",
        "cyclic(1, total=100, cycles=4, gamma=0.1, floor=0.5)", "cyclic(1, total=100, cycles=4, gamma=3)",
        "cyclic(1, period=9, gamma=0.7, floor=0.2)", "cyclic(1, period=9, mult=1.5, warmup=4)"}) {
    const Schedule s = schedule(text);
    double lowest = s(0), highest = s(0);
    for (std::uint64_t k = 0; k < 2000; ++k) {
      lowest = std::min(lowest, s(k));
      highest = std::max(highest, s(k));
    }
    EXPECT_LE(s.lowest(), lowest) << text;
    EXPECT_GE(s.highest(), highest) << text;
    EXPECT_TRUE(s.highest() - highest < 1e-12) << text;
    EXPECT_TRUE(s.lowest() == 0.0 || lowest - s.lowest() < 1e-12) << text;
  }
  EXPECT_EQ(schedule("cyclic(1, period=9, gamma=1.1)").highest(), INFINITY);
}

TEST(Schedule, TextIsCanonical) {
  const std::pair<const char*, const char*> cases[] = {
      {"constant( value = 0.10 )", "constant(0.1)"},
      {"cosine(3e-4,total=10000,warmup=500,floor=0)", "cosine(0.0003, total=10000, warmup=500)"},
      {"cosine(warmup=500, peak=0.00003, total=1e4)", "cosine(3e-5, total=10000, warmup=500)"},
      {"linear(1, 10, 2, 0.5)", "linear(1, total=10, warmup=2, floor=0.5)"},
      {"linear(1, total=50%, warmup=2ep)", "linear(1, total=50%, warmup=2ep)"},
      {"cyclic(1, 100, 4, mult=1.0, gamma=1e0)", "cyclic(1, total=100, cycles=4)"},
  };
  for (const auto& [given, want] : cases) {
    EXPECT_EQ(schedule(given).text(), want) << given;
    EXPECT_EQ(schedule(schedule(given).text()), schedule(given)) << given;
  }
}

TEST(Schedule, EveryOptionCanBePrinted) {
  EXPECT_EQ(schedule("cosine(1, total=9)").text(true),
            "cosine(1, total=9, warmup=0, floor=0, warmup_from=0, past=hold, exponent=1, "
            "total_from=start, warmup_shape=linear, align=done, dialect=own)");
  EXPECT_EQ(schedule("constant(2)").text(true),
            "constant(2, warmup=0, warmup_from=0, warmup_shape=linear, align=done)");
  EXPECT_EQ(schedule("join([0.5, step(1, every=3)], at=[2])").text(true),
            "join([0.5, step(1, every=3, gamma=0.1, warmup=0, warmup_from=0, warmup_shape=linear, "
            "align=done)], at=[2], align=done)");
  EXPECT_EQ(
      schedule("scale(constant(2), 3)").text(true),
      "scale(constant(2, warmup=0, warmup_from=0, warmup_shape=linear, align=done), factor=3, align=done)");
  EXPECT_EQ(schedule("scale(2, 3)").text(), "scale(2, factor=3)");
  EXPECT_EQ(schedule("0.5").text(true), "0.5");
}

TEST(Schedule, TotalIsTheRunsLengthWhenLeftOut) {
  const Schedule open = schedule("cosine(1)");
  EXPECT_FALSE(open.resolved());
  EXPECT_EQ(open.unresolved(), "total");
  EXPECT_TRUE(std::isnan(open(3)));
  EXPECT_EQ(open.resolve({}).unresolved(), "total");
  EXPECT_EQ(resolved("cosine(1)", {.updates = 300}), "cosine(1, total=300)");
  EXPECT_EQ(resolved("cosine(1, total=20)", {.updates = 300}), "cosine(1, total=20)");
  EXPECT_EQ(resolved("cyclic(1, cycles=3)", {.updates = 300}), "cyclic(1, total=300, cycles=3)");
  EXPECT_EQ(resolved("cyclic(1, period=30)", {.updates = 300}), "cyclic(1, period=30)");
  EXPECT_TRUE(schedule("cyclic(1, period=30)").resolved());
}

TEST(Schedule, SharesAreOfTheSchedulesOwnTotalIfGivenElseOfTheRun) {
  const Lengths run{.updates = 1000, .per_epoch = 40};
  EXPECT_EQ(resolved("cosine(1, warmup=5%)", run), "cosine(1, total=1000, warmup=50)");
  EXPECT_EQ(resolved("cosine(1, total=200, warmup=5%)", run), "cosine(1, total=200, warmup=10)");
  EXPECT_EQ(resolved("cosine(1, total=50%, warmup=10%)", run), "cosine(1, total=500, warmup=50)");
  EXPECT_EQ(resolved("cosine(1, total=10ep, warmup=10%)", run), "cosine(1, total=400, warmup=40)");
  EXPECT_EQ(resolved("constant(1, warmup=5%)", run), "constant(1, warmup=50)");
  EXPECT_EQ(resolved("cyclic(1, period=10%, warmup=1%)", run), "cyclic(1, period=100, warmup=10)");
  EXPECT_EQ(resolved("cosine(1, total=200, warmup=5%)", {}), "cosine(1, total=200, warmup=10)");
  EXPECT_EQ(schedule("cosine(1, total=9, warmup=1ep)").unresolved(), "warmup");
}

TEST(Schedule, EpochsAreResolvedFromTheUpdatesOfAnEpoch) {
  const Lengths run{.updates = 1000, .per_epoch = 40};
  EXPECT_EQ(resolved("cosine(1, warmup=2ep)", run), "cosine(1, total=1000, warmup=80)");
  EXPECT_EQ(resolved("constant(1, warmup=0.5ep)", run), "constant(1, warmup=20)");
  EXPECT_EQ(schedule("cosine(1, warmup=2ep)").resolve({.updates = 1000}).unresolved(), "warmup");
}

TEST(Schedule, LengthsAreRoundedHalfUpAndAtLeastOneUnlessZero) {
  const auto warmup = [](const std::string& text, std::uint64_t updates) {
    return resolved("constant(1, warmup=" + text + ")", {.updates = updates, .per_epoch = 7});
  };
  EXPECT_EQ(warmup("2.5%", 100), "constant(1, warmup=3)");
  EXPECT_EQ(warmup("2.4%", 100), "constant(1, warmup=2)");
  EXPECT_EQ(warmup("0.01%", 100), "constant(1, warmup=1)");
  EXPECT_EQ(warmup("0%", 100), "constant(1)");
  EXPECT_EQ(warmup("0.5ep", 100), "constant(1, warmup=4)");
  EXPECT_EQ(warmup("0.001ep", 100), "constant(1, warmup=1)");
  EXPECT_EQ(warmup("0ep", 100), "constant(1)");
  for (std::uint64_t total = 1; total <= 300; ++total) {
    for (std::uint64_t share = 1; share <= 99; ++share) {
      const std::uint64_t want = std::max<std::uint64_t>(1, (share * total + 50) / 100);
      EXPECT_EQ(warmup(std::to_string(share) + "%", total),
                "constant(1, warmup=" + std::to_string(want) + ")");
    }
  }
}

TEST(Schedule, ResolvingTwiceIsResolvingOnce) {
  const Lengths run{.updates = 1000, .per_epoch = 40};
  for (const char* text : {"0.1", "cosine(1, total=50%, warmup=1ep)", "cyclic(1, cycles=3, warmup=10%)"}) {
    const Schedule once = schedule(text).resolve(run);
    EXPECT_TRUE(once.resolved());
    EXPECT_EQ(once.resolve({.updates = 77, .per_epoch = 3}), once) << text;
  }
}

TEST(Schedule, AWarmupThatDoesNotEndBeforeTotalIsAnError) {
  const std::string error = error_of("cosine(1, total=10, warmup=10)");
  expect_contains(error, "warmup=10, total=10");
  error_of("linear(1, total=10, warmup=11)");
  error_of("cyclic(1, total=10, cycles=2, warmup=10)");
  EXPECT_EQ(schedule("cosine(1, total=10, warmup=9)")(10), 0.0);
  const Schedule open = schedule("cosine(1, warmup=500)");
  expect_contains(usage_error([&] { open.resolve({.updates = 500}); }), "warmup=500, total=500");
  expect_contains(usage_error([] { schedule("cosine(1, total=9, warmup=2ep)").resolve({.per_epoch = 5}); }),
                  "warmup=10, total=9");
  expect_contains(usage_error([] { schedule("cosine(1, total=10, warmup=100%)").resolve({}); }),
                  "warmup=10, total=10");
}

TEST(Schedule, AWarmupMayStartAnywhere) {
  const Schedule s = schedule("cosine(1, total=10, warmup=4, warmup_from=0.2)");
  EXPECT_EQ(s(0), 0.2);
  EXPECT_DOUBLE_EQ(s(1), 0.4);
  EXPECT_EQ(s(4), 1.0);
  EXPECT_EQ(schedule("step(0.5, every=3, warmup=2, warmup_from=10%)")(0), 0.05);
  EXPECT_EQ(schedule("linear(1, total=9, warmup=3, warmup_from=2)").highest(), 2.0);
  EXPECT_EQ(schedule("linear(1, total=9, warmup_from=2)").highest(), 1.0);  // no warm-up, no start of one
}

TEST(Schedule, PolynomialIsAPowerOfWhatIsLeft) {
  const Schedule s = schedule("polynomial(1, total=12, power=2, warmup=2, floor=0.5)");
  EXPECT_EQ(s(1), 0.5);
  EXPECT_EQ(s(2), 1.0);
  EXPECT_DOUBLE_EQ(s(7), 0.5 + 0.5 * 0.25);
  EXPECT_EQ(s(12), 0.5);
  EXPECT_EQ(s(1000), 0.5);
  for (std::uint64_t k = 0; k < 20; ++k) {
    EXPECT_EQ(schedule("polynomial(1, total=9, floor=0.1)")(k), schedule("linear(1, total=9, floor=0.1)")(k));
  }
}

TEST(Schedule, BehindTotalTheFloorIsHeldOrTheCurveClimbsAgain) {
  for (const std::string shape : {"linear(1, total=10, warmup=2", "cosine(1, total=10, warmup=2",
                                  "polynomial(1, total=10, warmup=2, power=3"}) {
    const Schedule hold = schedule(shape + ")"), bounce = schedule(shape + ", past=bounce)");
    for (std::uint64_t k = 0; k <= 10; ++k) EXPECT_EQ(hold(k), bounce(k)) << shape << k;
    for (std::uint64_t i = 0; i <= 8; ++i) {
      EXPECT_EQ(hold(10 + i), 0.0);
      EXPECT_EQ(bounce(10 + i), bounce(10 - i)) << shape << i;
      EXPECT_EQ(bounce(18 + i), bounce(18 - i)) << shape << i;
    }
    EXPECT_EQ(bounce(18), 1.0);
  }
}

TEST(Schedule, APolynomialMayBeStretched) {
  const Schedule s = schedule("polynomial(1, total=10, past=stretch)");
  EXPECT_EQ(s(0), 1.0);
  EXPECT_EQ(s(5), 0.5);
  EXPECT_EQ(s(10), 0.0);
  EXPECT_DOUBLE_EQ(s(11), 1.0 - 11.0 / 20.0);
  EXPECT_EQ(s(20), 0.0);
  EXPECT_DOUBLE_EQ(s(21), 1.0 - 21.0 / 30.0);
}

TEST(Schedule, ACosineMayHaveAnExponent) {
  const Schedule s = schedule("cosine(1, total=4, exponent=2, floor=0.2)");
  EXPECT_EQ(s(0), 1.0);
  EXPECT_DOUBLE_EQ(s(2), 0.2 + 0.8 * 0.25);
  EXPECT_EQ(s(4), 0.2);
}

TEST(Schedule, StepFallsAtEachMultipleOfEvery) {
  const Schedule s = schedule("step(1, every=5, gamma=0.5, warmup=2)");
  EXPECT_EQ(s(1), 0.5);
  for (std::uint64_t k = 2; k < 50; ++k) {
    EXPECT_EQ(s(k), std::pow(0.5, static_cast<double>((k - 2) / 5))) << k;
  }
  EXPECT_EQ(schedule("step(1, every=3)")(3), 0.1);
  EXPECT_EQ(s.lowest(), 0.0);
  EXPECT_EQ(schedule("step(1, every=5, gamma=2)").highest(), INFINITY);
}

TEST(Schedule, ExponentialFallsEvenlyDownToItsFloor) {
  const Schedule s = schedule("exponential(1, every=4, gamma=0.25, floor=0.1)");
  EXPECT_EQ(s(0), 1.0);
  EXPECT_DOUBLE_EQ(s(2), 0.5);
  EXPECT_DOUBLE_EQ(s(4), 0.25);
  EXPECT_EQ(s(7), 0.1);
  EXPECT_EQ(s.lowest(), 0.1);
  const Schedule stairs = schedule("exponential(1, every=4, gamma=0.25, staircase=true)");
  EXPECT_EQ(stairs(3), 1.0);
  EXPECT_EQ(stairs(4), 0.25);
  const Schedule growth = schedule("exponential(0.1, gamma=2, floor=1)");
  EXPECT_DOUBLE_EQ(growth(3), 0.8);
  EXPECT_EQ(growth(4), 1.0);
  EXPECT_EQ(growth.highest(), 1.0);
  expect_contains(error_of("exponential(1, gamma=0.5, floor=2)"), "a floor below the peak");
  expect_contains(error_of("exponential(1, gamma=2, floor=0.5)"), "a floor above the peak");
}

TEST(Schedule, PiecewiseHasAValueBetweenTwoBoundaries) {
  const Schedule s = schedule("piecewise([1, -0.5, 0.25], at=[3, 7])");
  const double want[] = {1, 1, 1, -0.5, -0.5, -0.5, -0.5, 0.25, 0.25};
  for (std::uint64_t k = 0; k < 9; ++k) EXPECT_EQ(s(k), want[k]) << k;
  EXPECT_EQ(s.lowest(), -0.5);
  EXPECT_EQ(s.highest(), 1.0);
  EXPECT_EQ(s.total(), 7u);
  EXPECT_EQ(schedule("piecewise([1, 2, 3], at=[0, 0])")(0), 3.0);
  EXPECT_EQ(schedule("piecewise([4], at=[])")(9), 4.0);
}

TEST(Schedule, PiecewiseMayLeadFromOneValueToTheNext) {
  const Schedule line = schedule("piecewise([0, 1, 0.5], at=[4, 6], kind=linear)");
  const double want[] = {0, 0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.5};
  for (std::uint64_t k = 0; k < 8; ++k) EXPECT_EQ(line(k), want[k]) << k;
  const Schedule wave = schedule("piecewise([0, 1, 0.5], at=[4, 6], kind=cosine)");
  EXPECT_DOUBLE_EQ(wave(1), (1 - std::cos(std::numbers::pi / 4)) / 2);
  EXPECT_EQ(wave(4), 1.0);
  EXPECT_DOUBLE_EQ(wave(5), 0.75);
  EXPECT_EQ(schedule("piecewise([1, 2, 3, 4], at=[4, 4, 6], kind=linear)")(4), 3.0);  // a jump
}

TEST(Schedule, ProductMultiplies) {
  const Schedule s = schedule("product([0.5, linear(2, total=10), step(1, every=2, gamma=0.5)])");
  for (std::uint64_t k = 0; k < 12; ++k) {
    EXPECT_EQ(s(k), 0.5 * schedule("linear(2, total=10)")(k) * schedule("step(1, every=2, gamma=0.5)")(k));
  }
  EXPECT_EQ(s.total(), 10u);
  EXPECT_EQ(s.highest(), 1.0);
  EXPECT_EQ(schedule("product([piecewise([-1, 2], at=[3]), 3])").lowest(), -3.0);
}

TEST(Schedule, AFloorFormSaysWhatGammaScales) {
  const Schedule absolute = schedule("cyclic(1, period=10, gamma=0.5, floor=0.4)");
  const Schedule share = schedule("cyclic(1, period=10, gamma=0.5, floor=0.4, floor_form=share)");
  EXPECT_EQ(absolute(10), 0.5);
  EXPECT_EQ(share(10), 0.4 + 0.6 * 0.5);
  EXPECT_EQ(share(0), 1.0);
  EXPECT_EQ(share.lowest(), 0.4);
  EXPECT_EQ(absolute.lowest(), 0.4);
}

TEST(Schedule, ListsResolveToo) {
  const Lengths run{.updates = 200, .per_epoch = 10};
  EXPECT_EQ(resolved("multi_step(1, at=[5%, 2ep, 50%])", run), "multi_step(1, at=[10, 20, 100])");
  EXPECT_EQ(resolved("piecewise([1, 2], at=[0%])", run), "piecewise([1, 2], at=[0])");
  EXPECT_EQ(resolved("step(1, every=3ep)", run), "step(1, every=30)");
  EXPECT_EQ(schedule("multi_step(1, at=[5, 50%])").unresolved(), "at");
  expect_contains(usage_error([&] { schedule("multi_step(1, at=[50%, 99])").resolve(run); }), "99 after 100");
}

TEST(Schedule, APartsRunIsItsSpan) {
  const Lengths run{.updates = 200, .per_epoch = 10};
  EXPECT_EQ(resolved("join([linear(1, warmup=10%), cosine(1)], at=[25%])", run),
            "join([linear(1, total=50, warmup=5), cosine(1, total=150)], at=[50])");
  EXPECT_EQ(resolved("join([cosine(1), 2, cosine(3)], at=[0, 200])", run),
            "join([cosine(1, total=200), 2, cosine(3, total=200)], at=[0, 200])");
  EXPECT_EQ(resolved("product([cosine(1), linear(1, total=50%)])", run),
            "product([cosine(1, total=200), linear(1, total=100)])");
  const Schedule open = schedule("join([constant(1), cosine(1)], at=[50])");
  EXPECT_EQ(open.unresolved(), "total");
  EXPECT_TRUE(std::isnan(open(3)));
  EXPECT_EQ(open.resolve(run).total(), 200u);
}

TEST(Schedule, ErrorsInPartsPointIntoTheText) {
  expect_contains(error_of("join([1, cosin(1)], at=[5])"), "\n           ^");
  expect_contains(error_of("join([1, cosin(1)], at=[5])"), "did you mean `cosine`?");
  expect_contains(error_of("product([cosine])"), "`cosine` needs `peak`");
  expect_contains(error_of("product([\"a\"])"), "a list of schedules and numbers");
  expect_contains(error_of("product([])"), "`parts` is empty");
  expect_contains(error_of("join([1], at=[5])"), "got 1 parts, 1 in `at`; want 2 parts");
  expect_contains(error_of("join([cosine(1, total=5, warmup=5), 1], at=[5])"), "warmup=5, total=5");
  expect_contains(error_of("piecewise([1, 2], at=[5, 6])"), "want 3 values");
  expect_contains(error_of("multi_step(1, at=5)"), "a list of updates");
  expect_contains(error_of("multi_step(1, at=[1.5])"), "`[1.5]`");
  expect_contains(error_of("multi_step(1, at=[5], warmup=5)"), "within the warm-up");
}

TEST(Schedule, ErrorsSayWhereAndWhat) {
  expect_contains(error_of("cosin(1)"), "did you mean `cosine`?");
  expect_contains(error_of("cosine"), "`cosine` needs `peak`");
  expect_contains(error_of("cosine(1, total=0)"), "`total` of `cosine`");
  expect_contains(error_of("cosine(-1)"), "`peak` of `cosine`");
  expect_contains(error_of("cosine(1, floor=-0.1)"), "`floor` of `cosine`");
  expect_contains(error_of("cosine(1, floor=2ep)"), "`2ep`");
  expect_contains(error_of("constant(1, warmup=2.5)"), "`2.5`");
  expect_contains(error_of("cyclic(1, total=9)"), "either `cycles` or `period`; got neither");
  expect_contains(error_of("cyclic(1, total=9, cycles=2, period=2)"), "got both");
  expect_contains(error_of("cyclic(1, cycles=2.5)"), "`cycles` of `cyclic`");
  expect_contains(error_of("constant(1) | constant(2)"), "one schedule");
  expect_contains(error_of("cosine(1, totl=5)"), "\n  cosine(1, totl=5)\n            ^");
}

}  // namespace
}  // namespace thalweg
