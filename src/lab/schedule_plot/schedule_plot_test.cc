#include "thalweg/lab/schedule_plot.h"

#include <gtest/gtest.h>

#include <cmath>

#include "thalweg/error.h"

namespace thalweg {
namespace {

using Kind = ScheduleEvent::Kind;

std::vector<std::pair<Kind, std::uint64_t>> events(const char* text, std::uint64_t updates) {
  std::vector<std::pair<Kind, std::uint64_t>> out;
  for (const ScheduleEvent& e : schedule_events(Schedule(text), updates)) out.emplace_back(e.kind, e.update);
  return out;
}

using Events = std::vector<std::pair<Kind, std::uint64_t>>;

TEST(SchedulePlot, FindsTheBoundaries) {
  EXPECT_EQ(events("cosine(0.1, total=100, warmup=10)", 100),
            (Events{{Kind::start, 0}, {Kind::warmup, 10}, {Kind::end, 100}}));
  EXPECT_EQ(events("cyclic(0.1, total=110, cycles=4, warmup=10)", 110), (Events{{Kind::start, 0},
                                                                                {Kind::warmup, 10},
                                                                                {Kind::restart, 35},
                                                                                {Kind::restart, 60},
                                                                                {Kind::restart, 85},
                                                                                {Kind::end, 110}}));
  EXPECT_EQ(events("step(0.1, every=30, gamma=0.1)", 70),
            (Events{{Kind::start, 0}, {Kind::step, 30}, {Kind::step, 60}, {Kind::end, 70}}));
  EXPECT_EQ(events("0.1", 50), (Events{{Kind::start, 0}, {Kind::end, 50}}));
  EXPECT_EQ(events("linear(0.1, total=20)", 100), (Events{{Kind::start, 0}, {Kind::end, 20}}));
}

TEST(SchedulePlot, SaysTheValuesAtAJump) {
  const Schedule steps("step(0.1, every=30, gamma=0.1)");
  const ScheduleEvent e = schedule_events(steps, 50).at(1);
  EXPECT_EQ(e.value, steps(30));
  EXPECT_EQ(e.before, steps(29));
  EXPECT_TRUE(std::isnan(schedule_events(steps, 50).front().before));
}

TEST(SchedulePlot, DrawsOneFileWithoutARequest) {
  const std::vector<Schedule> two = {Schedule("cosine(0.1, total=100, warmup=10)"),
                                     Schedule("cyclic(0.1, total=100, cycles=2)")};
  for (const std::string& made : {schedule_svg(two, 100), schedule_html(two, 100)}) {
    for (const char* part :
         {"<svg", "warm-up ends at 10: 0.1", "prefers-color-scheme", "cyclic(0.1, total=100, cycles=2)"}) {
      EXPECT_NE(made.find(part), std::string::npos) << part;
    }
    const std::string still = made.substr(0, made.find("<script>"));
    for (const char* part : {" src=", "url(", "nan", "inf\""})
      EXPECT_EQ(still.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(schedule_svg(two, 100).substr(0, 4), "<svg");
}

TEST(SchedulePlot, WordsSayWhoseTheyAre) {
  const auto drawn = [](std::vector<Schedule> schedules) { return schedule_svg(schedules, 100); };
  const Schedule cosine("cosine(0.1, total=100, warmup=10)");
  EXPECT_NE(drawn({cosine}).find(">warm-up ends at 10: 0.1<"), std::string::npos);
  EXPECT_NE(
      drawn({cosine, Schedule("cyclic(0.1, total=100, cycles=2)")}).find(">cosine: warm-up ends at 10: 0.1<"),
      std::string::npos);
  const std::string same = drawn({cosine, Schedule("constant(0.1, warmup=10)")});
  EXPECT_NE(same.find(">all: warm-up ends at 10: 0.1<"), std::string::npos);
  EXPECT_EQ(same.find(": warm-up ends", same.find(": warm-up ends") + 1), std::string::npos);
}

TEST(SchedulePlot, RefusesWhatCannotBeDrawn) {
  EXPECT_THROW(schedule_svg({}, 100), Error);
  const std::vector<Schedule> open = {Schedule("cosine(0.1)")};
  EXPECT_THROW(schedule_svg(open, 100), Error);
  const std::vector<Schedule> many(9, Schedule(0.1));
  EXPECT_THROW(schedule_html(many, 100), Error);
}

}  // namespace
}  // namespace thalweg
