// The typed factories build the same chains as texts do.
#include "thalweg/factories.h"

#include <gtest/gtest.h>

#include "thalweg/error.h"

namespace thalweg {
namespace {

TEST(Factories, BuildTheChainsOfTexts) {
  EXPECT_EQ(adam({.beta2 = 0.95}) | decay(0.1) | lr(3e-4), Chain("adam(beta2=0.95) | decay(0.1) | lr(3e-4)"));
  EXPECT_EQ(clip_norm(1.0, {.form = "optax"}) | momentum({.mu = 0.8, .nesterov = true}) | lr(0.1),
            Chain("clip_norm(1, form=optax) | momentum(0.8, nesterov=true) | lr(0.1)"));
  EXPECT_EQ(decay(0.1, {.on = "[matrices, embedding]"}), Chain("decay(0.1, on=[matrices, embedding])"));
  EXPECT_EQ(lr(Schedule("cosine(3e-4, total=1000)")), Chain("lr(cosine(3e-4, total=1000))"));
}

TEST(Factories, RecipesExpand) {
  EXPECT_EQ(adamw(1e-3), Chain("adamw(lr=1e-3)"));
  EXPECT_EQ(adamw(1e-3, {.decay = 0.1}), Chain("adamw(lr=1e-3, decay=0.1)"));
  EXPECT_EQ(sgd(0.1, {.momentum = 0.9}), Chain("sgd(lr=0.1, momentum=0.9)"));
  EXPECT_EQ(gd(0.5), Chain("gd(lr=0.5)"));
}

TEST(Factories, CheckRangesAsTextsDo) { EXPECT_THROW(adam({.beta1 = 1.0}), Error); }

}  // namespace
}  // namespace thalweg
