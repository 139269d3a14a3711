// Shapes against their formulas as other libraries write them, and what holds at each boundary.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/test_error.h"
#include "schedule/schedules.h"

namespace thalweg {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr std::uint64_t kFar = 1'000'000'000'000;

std::string error_of(std::string_view text) {
  return usage_error([&] { Schedule{text}; });
}

std::string resolved(std::string_view text, const Lengths& lengths) {
  return Schedule(text).resolve(lengths).text();
}

TEST(ScheduleWarmup, AClimbBeginsAtItsStartAndReachesThePeak) {
  for (const std::string shape : {"linear", "cosine", "log", "sqrt"}) {
    const Schedule s("constant(1, warmup=4, warmup_from=0.2, warmup_shape=" + shape + ")");
    EXPECT_EQ(s(0), 0.2) << shape;
    EXPECT_EQ(s(4), 1.0) << shape;
    for (std::uint64_t k = 0; k < 3; ++k) EXPECT_LT(s(k), s(k + 1)) << shape << k;
    EXPECT_EQ(Schedule("constant(1, warmup=1, warmup_shape=" + shape + ")")(0), 0.0) << shape;
    EXPECT_EQ(s.lowest(), 0.2);
    EXPECT_EQ(s.highest(), 1.0);
  }
  EXPECT_EQ(Schedule("constant(1, warmup=4, warmup_shape=log)")(3), 1.0);  // the peak an update early
  EXPECT_EQ(Schedule("constant(1, warmup=4, warmup_shape=log)")(1), 0.5);
  EXPECT_EQ(Schedule("constant(1, warmup=4, warmup_shape=cosine)")(2), 0.5);
  EXPECT_EQ(Schedule("constant(1, warmup=4, warmup_shape=sqrt)")(3), 0.5);
}

// The table of first updates: a warm-up of 4, 12 updates, a peak of 1.
TEST(ScheduleAlign, TheFirstUpdateHasTheValueAtZeroOrAtOne) {
  const Schedule done("cosine(1, total=12, warmup=4)"), next("cosine(1, total=12, warmup=4, align=next)");
  EXPECT_EQ(done(0), 0.0);
  EXPECT_EQ(next(0), 0.25);
  EXPECT_EQ(done(4), 1.0);
  EXPECT_EQ(next(3), 1.0);
  EXPECT_NEAR(next(4), 0.962, 5e-4);
  EXPECT_NEAR(next(5), 0.854, 5e-4);
  EXPECT_NEAR(done(11), 0.038, 5e-4);
  EXPECT_EQ(next(11), 0.0);
  EXPECT_EQ(next(UINT64_MAX), 0.0);
  EXPECT_EQ(next.total(), 11u);
}

TEST(ScheduleCosine, TheTotalCountsFromTheStartOrFromTheEndOfTheWarmup) {
  const Schedule start("cosine(1, total=12, warmup=4)"),
      warmup("cosine(1, total=8, warmup=4, total_from=warmup)");
  for (std::uint64_t k = 0; k < 20; ++k) EXPECT_EQ(start(k), warmup(k)) << k;
  EXPECT_EQ(warmup.total(), 12u);
  EXPECT_EQ(Schedule("cosine(1, total=4, warmup=4, total_from=warmup)")(6), 0.5);
}

TEST(ScheduleInverse, InverseTimeFallsEvenlyOrAtEachMultiple) {
  const Schedule even("inverse_time(0.5, every=3, rate=0.8, warmup=2)");
  const Schedule stairs("inverse_time(0.5, every=3, rate=0.8, staircase=true, warmup=2)");
  EXPECT_EQ(even(1), 0.25);
  for (std::uint64_t k = 2; k < 40; ++k) {
    const double x = static_cast<double>(k - 2) / 3;
    EXPECT_DOUBLE_EQ(even(k), 0.5 / (1 + 0.8 * x)) << k;
    EXPECT_DOUBLE_EQ(stairs(k), 0.5 / (1 + 0.8 * static_cast<double>((k - 2) / 3))) << k;
  }
  EXPECT_EQ(stairs(4), 0.5);
  EXPECT_LT(stairs(5), 0.5);  // at the multiple itself
  EXPECT_DOUBLE_EQ(Schedule("inverse_time(1, rate=1, power=0.75)")(15), 0.125);
  EXPECT_DOUBLE_EQ(Schedule("inverse_time(1, rate=1)")(kFar), 1.0 / (kFar + 1.0));
  EXPECT_EQ(Schedule("inverse_time(1, rate=0)").lowest(), 1.0);
  EXPECT_EQ(even.lowest(), 0.0);
}

TEST(ScheduleInverse, InverseSqrtHasTheWarmupAsItsTimescale) {
  const Schedule s("inverse_sqrt(0.1, warmup=100)");
  EXPECT_EQ(s(50), 0.05);
  EXPECT_EQ(s(100), 0.1);
  EXPECT_DOUBLE_EQ(s(400), 0.05);
  for (std::uint64_t k = 101; k < 500; ++k) {
    EXPECT_DOUBLE_EQ(s(k), 0.1 * std::sqrt(100 / static_cast<double>(k))) << k;
  }
  EXPECT_DOUBLE_EQ(s(kFar), 0.1 * 1e-5);
  EXPECT_DOUBLE_EQ(Schedule("inverse_sqrt(1)")(30000), 0.5);  // 10,000 without a warm-up
  EXPECT_DOUBLE_EQ(Schedule("inverse_sqrt(1, warmup=100, timescale=10)")(130), 0.5);
  EXPECT_EQ(resolved("inverse_sqrt(1, warmup=10%, timescale=1ep)", {.updates = 200, .per_epoch = 7}),
            "inverse_sqrt(1, warmup=20, timescale=7)");
}

TEST(ScheduleInverse, NoamCountsUpdatesFromOne) {
  const Schedule s("noam(64, warmup=6, factor=2)"), done("noam(64, warmup=6, factor=2, align=done)");
  for (std::uint64_t k = 0; k < 40; ++k) {
    const double step = static_cast<double>(k) + 1;
    const double want = 2 * std::pow(64, -0.5) * std::min(std::pow(step, -0.5), step * std::pow(6, -1.5));
    EXPECT_NEAR(s(k), want, 1e-15) << k;
    EXPECT_EQ(done(k + 1), s(k));
  }
  EXPECT_EQ(done(0), 0.0);
  EXPECT_EQ(s.highest(), s(5));
  EXPECT_EQ(s.text(), "noam(64, warmup=6, factor=2)");
  expect_contains(error_of("noam(64)"), "`noam` needs `warmup`");
  expect_contains(error_of("noam(64, warmup=0)"), "`warmup` of `noam`");
}

TEST(ScheduleWsd, ThePeakHoldsUpToTheCoolDownAndTheFloorBehindIt) {
  for (const std::string cooldown : {"linear", "cosine", "sqrt"}) {
    const Schedule s("wsd(1, warmup=3, stable=4, decay=6, floor=0.1, cooldown=" + cooldown + ")");
    EXPECT_EQ(s(0), 0.0);
    for (const std::uint64_t k : {3u, 6u, 7u}) EXPECT_EQ(s(k), 1.0) << cooldown << k;
    for (std::uint64_t k = 7; k < 13; ++k) {
      const double x = static_cast<double>(k - 7) / 6;
      const double left = cooldown == "linear"   ? 1 - x
                          : cooldown == "cosine" ? (1 + std::cos(kPi * x)) / 2
                                                 : 1 - std::sqrt(x);
      EXPECT_NEAR(s(k), 0.9 * left + 0.1, 1e-15) << cooldown << k;
    }
    for (const std::uint64_t k : {std::uint64_t{13}, std::uint64_t{14}, kFar}) EXPECT_EQ(s(k), 0.1);
    EXPECT_EQ(s.total(), 13u);
    EXPECT_EQ(s.lowest(), 0.0);  // the warm-up's start
  }
  EXPECT_EQ(Schedule("wsd(1, stable=0, decay=2)")(0), 1.0);
}

TEST(ScheduleWsd, WhatIsNotGivenIsWhatTheTotalLeaves) {
  const Lengths run{.updates = 200, .per_epoch = 10};
  EXPECT_EQ(resolved("wsd(1, warmup=5%, decay=20%)", run), "wsd(1, total=200, warmup=10, decay=40)");
  EXPECT_EQ(resolved("wsd(1, total=50%, stable=2ep)", run), "wsd(1, total=100, stable=20)");
  EXPECT_EQ(resolved("wsd(1, stable=50%, decay=25%)", run), "wsd(1, stable=100, decay=50)");
  EXPECT_EQ(Schedule("wsd(1, stable=50%, decay=25%)").resolve(run).total(), 150u);
  EXPECT_EQ(Schedule("wsd(1, decay=5)").unresolved(), "total");
  EXPECT_TRUE(Schedule("wsd(1, stable=5, decay=5)").resolved());
  const Schedule by_decay("wsd(1, total=20, warmup=4, decay=6)"),
      by_stable("wsd(1, total=20, warmup=4, stable=10)");
  for (std::uint64_t k = 0; k < 30; ++k) EXPECT_EQ(by_decay(k), by_stable(k)) << k;
  EXPECT_EQ(Schedule("wsd(1, total=21, warmup=4)")(17), 1.0);  // a fifth of the total, rounded
  EXPECT_EQ(Schedule("wsd(1, total=21, warmup=4)")(18), 0.75);
  EXPECT_EQ(Schedule("wsd(1, total=9, warmup=8, decay=1ep)").unresolved(), "decay");  // may fit yet
  expect_contains(error_of("wsd(1, total=9, stable=1, decay=1)"), "two of them");
  expect_contains(error_of("wsd(1, total=9, warmup=4, decay=6)"), "stable=-1");
  expect_contains(error_of("wsd(1, total=9, warmup=4, stable=5)"), "decay=0");
}

// The phases of OneCycleLR, as PyTorch lists them.
struct Phase {
  double end, from, to;
};

double in_phases(const std::vector<Phase>& phases, double k, bool cosine) {
  double begin = 0;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    const Phase& phase = phases[i];
    if (k <= phase.end || i + 1 == phases.size()) {
      const double x = (k - begin) / (phase.end - begin);
      if (!cosine) return (phase.to - phase.from) * x + phase.from;
      return phase.to + (phase.from - phase.to) / 2 * (1 + std::cos(kPi * x));
    }
    begin = phase.end;
  }
  return NAN;
}

TEST(ScheduleOneCycle, ItsPhasesTurnBetweenUpdatesAndEndWithTheLastOne) {
  const double low = 0.1 / 25, end = low / 1e4;
  for (const std::uint64_t n : {2u, 3u, 10u, 18u, 77u}) {
    const double total = static_cast<double>(n), turn = 0.3 * total - 1;
    const std::vector<Phase> two = {{turn, low, 0.1}, {total - 1, 0.1, end}};
    const std::vector<Phase> three = {{turn, low, 0.1}, {2 * turn, 0.1, low}, {total - 1, low, end}};
    const std::vector<Phase> momentum = {{turn, 0.1, 0.05}, {2 * turn, 0.05, 0.1}, {total - 1, 0.1, 0.1}};
    const std::string begin = "one_cycle(0.1, dialect=torch, total=" + std::to_string(n);
    const Schedule waves(begin + ")"), lines(begin + ", anneal=linear, three_phase=true)");
    const Schedule opposite(begin + ", three_phase=true, opposite=true, floor=0.05)");
    for (std::uint64_t k = 0; k < n; ++k) {
      const double at = static_cast<double>(k);
      EXPECT_NEAR(waves(k), in_phases(two, at, true), 1e-16) << n << ", " << k;
      EXPECT_NEAR(lines(k), in_phases(three, at, false), 1e-16) << n << ", " << k;
      EXPECT_NEAR(opposite(k), in_phases(momentum, at, true), 1e-16) << n << ", " << k;
    }
    EXPECT_EQ(waves(n - 1), end);
    EXPECT_EQ(lines(kFar), end);
  }
  EXPECT_EQ(Schedule("one_cycle(1, total=1, dialect=torch)")(0), 1.0 / 25 / 1e4);
}

// The table: 10 updates, 30% of them up, a peak of 1.
TEST(ScheduleOneCycle, ItEndsWithTheLastUpdateOrBehindIt) {
  const Schedule torch("one_cycle(1, total=10)"),
      optax("one_cycle(1, total=10, inclusive=false, whole=true)");
  const double by_torch[] = {0.04, 0.52, 1.0, 0.950}, by_optax[] = {0.04, 0.28, 0.76, 1.0, 0.950};
  for (std::uint64_t k = 0; k < 4; ++k) EXPECT_NEAR(torch(k), by_torch[k], 5e-4) << k;
  for (std::uint64_t k = 0; k < 5; ++k) EXPECT_NEAR(optax(k), by_optax[k], 5e-4) << k;
  EXPECT_DOUBLE_EQ(torch(9), 4e-6);
  EXPECT_NEAR(optax(9), 0.0495, 5e-5);
  EXPECT_DOUBLE_EQ(optax(10), 4e-6);
  EXPECT_EQ(optax.total(), 10u);
  const Schedule whole("one_cycle(1, total=11, inclusive=false, whole=true)");  // 3.3 updates up
  EXPECT_EQ(whole(3), 1.0);
  const Schedule between("one_cycle(1, total=11, inclusive=false)");
  EXPECT_LT(between(3), 1.0);
}

TEST(ScheduleOneCycle, TheThirdPhaseNeedsRoom) {
  const Schedule s("one_cycle(1, total=20, inclusive=false, three_phase=true, pct_final=0.85, div=10)");
  EXPECT_EQ(s(6), 1.0);
  EXPECT_EQ(s(17), 0.1);
  EXPECT_EQ(s(20), 0.1 / 1e4);
  expect_contains(error_of("one_cycle(1, three_phase=true, pct_start=0.6)"), "no room");
  expect_contains(error_of("one_cycle(1, three_phase=true, pct_start=0.6, pct_final=0.5)"), "no room");
  expect_contains(error_of("one_cycle(1, pct_final=0.9)"), "`three_phase` as well");
  expect_contains(error_of("one_cycle(1, floor=0.9)"), "`opposite` as well");
  expect_contains(error_of("one_cycle(1, opposite=true, div=10)"), "have no effect");
  EXPECT_EQ(Schedule("one_cycle(1)").unresolved(), "total");
  EXPECT_EQ(s.lowest(), 0.1 / 1e4);
}

// CyclicLR, as PyTorch writes it.
double cyclic_lr(double t, double low, double high, double up, double down, double height) {
  const double cycle = std::floor(1 + t / (up + down));
  const double x = 1 + t / (up + down) - cycle, ratio = up / (up + down);
  return low + (high - low) * std::max(0.0, x <= ratio ? x / ratio : (x - 1) / (ratio - 1)) * height;
}

TEST(ScheduleTriangular, ItsThreeModesAreThoseOfTheirPaper) {
  const std::string begin = "triangular(0.6, up=5, down=2, floor=0.1, mode=";
  const Schedule same(begin + "triangular)"), halves(begin + "triangular2)");
  const Schedule falls(begin + "exp_range, gamma=0.95)"), beside(begin + "triangular2, opposite=true)");
  for (std::uint64_t k = 0; k < 100; ++k) {
    const double t = static_cast<double>(k), half = std::pow(2.0, -std::floor(t / 7));
    EXPECT_NEAR(same(k), cyclic_lr(t, 0.1, 0.6, 5, 2, 1), 1e-14) << k;
    EXPECT_NEAR(halves(k), cyclic_lr(t, 0.1, 0.6, 5, 2, half), 1e-14) << k;
    EXPECT_NEAR(falls(k), cyclic_lr(t, 0.1, 0.6, 5, 2, std::pow(0.95, t)), 1e-14) << k;
    EXPECT_NEAR(beside(k), 0.7 - halves(k), 1e-15) << k;
  }
}

TEST(ScheduleTriangular, CyclesBeginAtTheFloorAndReachThePeakExactly) {
  const Schedule s("triangular(0.3, up=30, floor=0.1)");
  for (std::uint64_t cycle = 0; cycle < 600; cycle += 60) {
    EXPECT_EQ(s(cycle), 0.1);
    EXPECT_EQ(s(cycle + 30), 0.3);
  }
  EXPECT_EQ(s(std::uint64_t{60} * 1000000007 + 30), 0.3);
  expect_contains(error_of("triangular(1, up=3, down=0)"), "at least 1");  // it would never have its peak
  EXPECT_EQ(Schedule("triangular(1, up=4, mode=triangular2)")(kFar + 4), 0.0);
  EXPECT_EQ(resolved("triangular(1, up=5%, down=1ep)", {.updates = 200, .per_epoch = 7}),
            "triangular(1, up=10, down=7)");
  expect_contains(error_of("triangular(1, up=4, gamma=0.5)"), "`mode` as well");
  expect_contains(error_of("triangular(1)"), "`triangular` needs `up`");
}

TEST(ScheduleRex, IsAHyperbolaFromThePeakToTheFloor) {
  const Schedule s("rex(1, total=12, warmup=2, floor=0.2)");
  EXPECT_EQ(s(2), 1.0);
  for (std::uint64_t k = 2; k < 12; ++k) {
    const double p = static_cast<double>(k - 2) / 10;
    EXPECT_NEAR(s(k), 0.2 + 0.8 * (1 - p) / (1 - p / 2), 1e-15) << k;
  }
  EXPECT_EQ(s(12), 0.2);
  EXPECT_EQ(s(kFar), 0.2);
}

TEST(SchedulePiecewise, ABoundaryMayHaveTheOldValue) {
  const Schedule s("piecewise([1, 0.5, 0.25], at=[3, 7], boundary=old)");
  const double want[] = {1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25};
  for (std::uint64_t k = 0; k < 10; ++k) EXPECT_EQ(s(k), want[k]) << k;
  const Schedule jump("piecewise([1, 2, 3], at=[4, 4], boundary=old)");
  EXPECT_EQ(jump(4), 1.0);
  EXPECT_EQ(jump(5), 3.0);
  const Schedule line("piecewise([0, 1, 0.5], at=[4, 6], kind=linear, boundary=old)");
  EXPECT_EQ(line(4), 1.0);
  EXPECT_EQ(line(5), 0.75);
  EXPECT_EQ(Schedule("piecewise([1, 2], at=[0], kind=linear, boundary=old)")(0), 1.0);  // no line to divide
}

TEST(ScheduleDialect, ADialectSetsWhatIsNotGiven) {
  const std::pair<const char*, const char*> rows[] = {
      {"cosine(1, total=9, dialect=torch)", "cosine(1, total=9, past=bounce)"},
      {"cosine(1, total=9, past=hold, dialect=torch)", "cosine(1, total=9)"},
      {"cosine(1, total=9, warmup=9, dialect=keras)", "cosine(1, total=9, warmup=9, total_from=warmup)"},
      {"cosine(1, total=9, warmup=2, dialect=optax)", "cosine(1, total=9, warmup=2)"},
      {"cosine(1, total=9, dialect=paper)", "cosine(1, total=9)"},
      {"polynomial(1, total=9, dialect=keras)", "polynomial(1, total=9, floor=1e-4)"},
      {"cyclic(1, period=3, gamma=0.5, floor=0.1, dialect=keras)",
       "cyclic(1, period=3, mult=2, gamma=0.5, floor=0.1, floor_form=share)"},
      {"cyclic(1, period=3, gamma=0.5, floor=0.1, dialect=torch)",
       "cyclic(1, period=3, gamma=0.5, floor=0.1, floor_form=share)"},
      {"piecewise([1, 2], at=[5], dialect=keras)", "piecewise([1, 2], at=[5], boundary=old)"},
      {"piecewise([1, 2], at=[5], dialect=torch)", "piecewise([1, 2], at=[5])"},
      {"one_cycle(1, total=9, dialect=torch)", "one_cycle(1, total=9)"},
      {"one_cycle(1, total=9, dialect=optax)", "one_cycle(1, total=9, inclusive=false, whole=true)"},
      {"one_cycle(1, total=19, three_phase=true, dialect=optax)",
       "one_cycle(1, total=19, three_phase=true, pct_final=0.85, inclusive=false, whole=true)"},
      {"one_cycle(1, total=9, dialect=paper)", "one_cycle(1, total=9, anneal=linear)"}};
  for (const auto& [text, plain] : rows) {
    const Schedule dialect(text), own(plain);
    for (std::uint64_t k = 0; k < 40; ++k) EXPECT_EQ(dialect(k), own(k)) << text << " at " << k;
    EXPECT_EQ(Schedule(dialect.text()).text(true), dialect.text(true)) << text;
    EXPECT_EQ(dialect.total(), own.total()) << text;
  }
}

TEST(ScheduleTogether, SumMeanAndTimes) {
  const std::string parts = "([0.5, linear(2, total=10), step(1, every=2, gamma=0.5)])";
  const Schedule line("linear(2, total=10)"), steps("step(1, every=2, gamma=0.5)");
  const Schedule sum("sum" + parts), mean("mean" + parts), scaled("scale(linear(2, total=10), -0.5)");
  for (std::uint64_t k = 0; k < 14; ++k) {
    EXPECT_DOUBLE_EQ(sum(k), 0.5 + line(k) + steps(k)) << k;
    EXPECT_DOUBLE_EQ(mean(k), (0.5 + line(k) + steps(k)) / 3) << k;
    EXPECT_EQ(scaled(k), -0.5 * line(k)) << k;
  }
  EXPECT_EQ(sum.total(), 10u);
  EXPECT_EQ(scaled.total(), 10u);
  EXPECT_EQ(sum.highest(), 3.5);
  EXPECT_EQ(scaled.lowest(), -1.0);
  EXPECT_EQ(scaled.text(), "scale(linear(2, total=10), factor=-0.5)");
  EXPECT_EQ(resolved("scale(cosine(1), 2)", {.updates = 30}), "scale(cosine(1, total=30), factor=2)");
  EXPECT_EQ(Schedule("scale(cosine(1), 2)").unresolved(), "total");
  const Schedule cancels("sum([exponential(1, gamma=2), scale(exponential(1, gamma=2), -1)])");
  EXPECT_EQ(cancels(3), 0.0);
  EXPECT_EQ(cancels(kFar), 0.0);
  EXPECT_EQ(Schedule("scale(exponential(1, gamma=2), 0)")(kFar), 0.0);
  expect_contains(error_of("mean([])"), "`parts` is empty");
  expect_contains(error_of("scale(cosin(1), 2)"), "did you mean `cosine`?");
  expect_contains(error_of("scale(cosin(1), 2)"), "\n        ^");
}

// A cycle's peak is never below the floor, so no cycle climbs.
TEST(ScheduleCyclic, AFallingPeakStopsAtTheFloor) {
  const Schedule s("cyclic(2e-3, total=80, cycles=8, gamma=0.5, floor=1e-4)");
  EXPECT_EQ(s(50), 1e-4);
  EXPECT_EQ(s.lowest(), 1e-4);
  for (std::uint64_t k = 0; k < 90; ++k) {
    EXPECT_GE(s(k), 1e-4) << k;
    if (k % 10 != 9) {
      EXPECT_LE(s(k + 1), s(k)) << k;
    }
  }
  const Schedule endless("cyclic(2e-3, period=10, gamma=0.5, floor=1e-4)");
  for (const std::uint64_t k : {50u, 55u, 99u, 100'000u}) EXPECT_EQ(endless(k), 1e-4) << k;
  EXPECT_EQ(endless(kFar), 1e-4);
}

TEST(ScheduleCyclic, MoreCyclesThanDoublesCanTellApartFillTheSpanFromItsEnd) {
  for (const char* text :
       {"cyclic(1, total=1000, mult=2, cycles=1100)", "cyclic(1, total=1000, mult=2, cycles=1e9)"}) {
    const Schedule s(text);
    for (const std::uint64_t k : {0u, 125u, 250u, 500u}) EXPECT_EQ(s(k), 1.0) << k;
    EXPECT_NEAR(s(375), 0.5, 1e-15);
    EXPECT_NEAR(s(750), 0.5, 1e-15);
    EXPECT_EQ(s(1000), 0.0);
  }
}

TEST(ScheduleOneCycle, WithoutAnUpdateToClimbInItIsRefusedUnlessTorchIsMeant) {
  expect_contains(error_of("one_cycle(1, total=3)"), "a total of at least 4");
  expect_contains(error_of("one_cycle(1, total=3, dialect=paper)"), "a total of at least 4");
  expect_contains(error_of("one_cycle(1, total=4, whole=true)"), "a total of at least 7");
  expect_contains(error_of("one_cycle(1, total=100, pct_start=0)"), "pct_start above 0");
  EXPECT_EQ(Schedule("one_cycle(1, total=4)")(0), 1.0 / 25);
  EXPECT_EQ(Schedule("one_cycle(1, total=7, whole=true)")(0), 1.0 / 25);
  EXPECT_NEAR(Schedule("one_cycle(1, total=3, dialect=torch)")(0), 0.99442, 1e-5);
}

// Only what is larger than every double is infinite.
TEST(ScheduleTogether, AProductIsExactWhereItsFactorsLeaveDouble) {
  const Schedule even("product([exponential(1, gamma=2), exponential(1, gamma=0.5)])");
  for (const std::uint64_t k : {0u, 1023u, 1024u, 1074u, 5000u, 1'000'000u}) EXPECT_EQ(even(k), 1.0) << k;
  const Schedule three("product([step(3, every=2, gamma=4), 0.5, scale(exponential(1, gamma=0.5), 2)])");
  for (const std::uint64_t k : {0u, 2u, 2048u, 100'000u}) EXPECT_EQ(three(k), 3.0) << k;
  const std::string grows = "exponential(1, gamma=1.0715086071862673e301)";  // 2^1000 an update
  EXPECT_EQ(Schedule("product([polynomial(1, total=4, power=2000), " + grows + "])")(2), 1.0);
  EXPECT_EQ(Schedule("product([polynomial(1, total=4, power=2000), " + grows + "])")(4), 0.0);
  EXPECT_EQ(Schedule("product([inverse_time(1, rate=1, power=2000), " + grows + ", " + grows + "])")(1), 1.0);
  const Schedule nested("product([product([exponential(1, gamma=10), 1e300]), exponential(1, gamma=0.1)])");
  EXPECT_NEAR(nested(4000) / 1e300, 1.0, 1e-11);  // 0.1 is not a tenth
  EXPECT_EQ(Schedule("product([exponential(1, gamma=2), linear(1, total=5)])")(kFar), 0.0);
  EXPECT_TRUE(std::isinf(Schedule("product([exponential(1, gamma=2), 0.5])")(1025)));
  EXPECT_EQ(Schedule("product([exponential(1, gamma=2), 0.5])")(1024), 0x1p1023);
  EXPECT_EQ(Schedule("product([exponential(0, gamma=2), 0.5])")(kFar), 0.0);
  EXPECT_EQ(Schedule("product([cyclic(1, period=2, gamma=4), exponential(1, gamma=0.5)])")(5000), 1.0);
  EXPECT_EQ(Schedule("product([cyclic(1, period=2, gamma=0.25), exponential(1, gamma=2)])")(5001), 1.0);
  const Schedule joined("product([join([2, exponential(1, gamma=2)], at=[10]), exponential(1, gamma=0.5)])");
  EXPECT_EQ(joined(5010), 0x1p-10);
}

// gamma^k alone overflows, or is 0.
TEST(ScheduleTogether, AValueThatDoubleHoldsIsFoundWhereItsPowerLeavesIt) {
  const auto expect_near = [](const char* text, std::uint64_t k, double exact) {
    EXPECT_NEAR(Schedule(text)(k) / exact, 1.0, 1e-12) << text;
  };
  expect_near("exponential(1e-300, gamma=2)", 2000, std::ldexp(1e-300, 2000));
  expect_near("exponential(1e-200, gamma=10)", 400, 1e200);
  expect_near("exponential(1e200, gamma=0.1)", 400, 1e-200);
  expect_near("step(1e-200, gamma=10, every=1)", 400, 1e200);
  expect_near("multi_step(1e-200, gamma=1e200, at=[1, 2])", 2, 1e200);
  expect_near("cyclic(1e-200, period=1, gamma=10)", 400, 1e200);
  expect_near("triangular(1e300, up=1, down=1, mode=exp_range, gamma=0.1)", 399, 1e-99);
  expect_near("triangular(1e300, up=1, down=1, mode=triangular2)", 2201, std::ldexp(1e300, -1100));
  const std::string growing = "product([exponential(1, gamma=2), triangular(1, up=1, down=1, mode=";
  EXPECT_EQ(Schedule(growing + "exp_range, gamma=0.5)])")(3001), 1.0);
  EXPECT_EQ(Schedule(growing + "triangular2)])")(1501), 0x1p751);
  EXPECT_TRUE(std::isinf(Schedule(growing + "triangular2)])")(3001)));
}

TEST(ScheduleTogether, ASumIsExactWhereItsPartsLeaveDouble) {
  const Schedule even("sum([exponential(1, gamma=2), scale(exponential(1, gamma=2), -1), 3])");
  for (const std::uint64_t k : {0u, 5000u, 1'000'000u}) EXPECT_EQ(even(k), 3.0) << k;
  EXPECT_EQ(Schedule("mean([1.5e308, 1.5e308])")(0), 1.5e308);
  const Schedule both(
      "product([sum([exponential(1, gamma=2), exponential(2, gamma=2), 5]), exponential(1, gamma=0.5)])");
  EXPECT_EQ(both(5000), 3.0);
  EXPECT_TRUE(std::isinf(Schedule("sum([exponential(1, gamma=2), 5])")(1024)));
}

}  // namespace
}  // namespace thalweg
