#include "find/rate_text.h"

#include <gtest/gtest.h>

#include <functional>

#include "thalweg/chain.h"
#include "thalweg/error.h"
#include "thalweg/schedule.h"

namespace thalweg {
namespace {

TEST(RateText, PutsAnotherNumberIntoTheTextAsWritten) {
  EXPECT_EQ(RateText("adam(lr=1e-3)").with(0.5), "adam(lr=0.5)");
  EXPECT_EQ(RateText("clip_norm(1) | adam | lr(1e-3)").with(0.5), "clip_norm(1) | adam | lr(0.5)");
  EXPECT_EQ(RateText("adamw(decay=0.1, lr=0)").with(0.5), "adamw(decay=0.1, lr=0.5)");
}

TEST(RateText, ScalesThePeakAndWhatIsAbsolute) {
  const RateText text("adamw(lr=cosine(4e-3, warmup=5%, floor=1e-3), decay=0.01)");
  EXPECT_EQ(text.peak(), 4e-3);
  EXPECT_EQ(text.with(8e-3), "adamw(lr=cosine(0.008, warmup=5%, floor=0.002), decay=0.01)");
  EXPECT_EQ(RateText("lr(linear(1, floor=10%))").with(2), "lr(linear(2, floor=10%))");
}

// The same schedule times a factor, for every shape.
TEST(RateText, KeepsTheShapeOfEverySchedule) {
  const Lengths lengths{.updates = 200, .per_epoch = 20};
  for (const char* schedule :
       {"constant(1, warmup=10)", "cosine(1, warmup=10, warmup_from=0.1, floor=0.2)",
        "step(1, every=30, gamma=0.5)", "exponential(1, every=9, gamma=0.7, floor=0.1)",
        "cyclic(1, cycles=3, floor=0.1)", "join([linear(0.1), cosine(0.05)], at=[20%])",
        "product([0.5, step(1, every=30, gamma=0.1)])", "piecewise([1, 0.5, 0.1], at=[10, 20])"}) {
    const RateText text(std::string("lr(") + schedule + ")");
    const Schedule old = Schedule(schedule).resolve(lengths);
    const std::string scaled = text.with(3 * text.peak());
    const Schedule now = Schedule(scaled.substr(3, scaled.size() - 4)).resolve(lengths);
    for (std::uint64_t k = 0; k <= 200; k += 3)
      EXPECT_NEAR(now(k), 3 * old(k), 1e-12) << scaled << " at " << k;
  }
}

TEST(RateText, RefusesWhatHasNotOneRate) {
  const auto message = [](const char* text) -> std::string {
    try {
      static_cast<void>(RateText(text));
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(message("adam").find("no learning rate"), std::string::npos) << message("adam");
  EXPECT_NE(message("adam | lr(1, on=bias) | lr(2, on=matrices)").find("several learning rates"),
            std::string::npos);
  EXPECT_NE(message("lr(linear(0))").find("no peak"), std::string::npos);
  EXPECT_NE(message("adm(lr=1)").find("did you mean `adam`?"), std::string::npos);
}

}  // namespace
}  // namespace thalweg
