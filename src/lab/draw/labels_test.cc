#include "draw/labels.h"

#include <gtest/gtest.h>

namespace thalweg::page {
namespace {

using Texts = std::vector<std::string>;

TEST(Labels, WhatFitsStaysAsItIs) {
  const Texts texts = {"adam | lr(0.1)", "adam | lr(0.2)"};
  EXPECT_EQ(told_apart(texts, 20), texts);
  EXPECT_EQ(told_apart({}, 20), Texts{});
}

TEST(Labels, TheDifferingPartIsShown) {
  EXPECT_EQ(
      told_apart({"clip_norm(1) | adam | lr(cosine(0.1))", "clip_norm(1) | adam | lr(linear(0.1))"}, 20),
      (Texts{"…lr(cosine(0.1))", "…lr(linear(0.1))"}));
  EXPECT_EQ(told_apart({"adam(beta1=0.8, beta2=0.99) | decay(0.1) | lr(cosine(0.001, warmup=5%))",
                        "adam(beta1=0.9, beta2=0.99) | decay(0.1) | lr(cosine(0.001, warmup=5%))"},
                       30),
            (Texts{"adam(beta1=0.8,…", "adam(beta1=0.9,…"}));
  EXPECT_EQ(told_apart({"adam(beta1=0.8, beta2=0.99)", "adam(beta1=0.9, beta2=0.99)"}, 10),
            (Texts{"…0.8…", "…0.9…"}));
}

TEST(Labels, ABracketIsNotWorthAGap) {
  EXPECT_EQ(told_apart({"gd(0.05)", "momentum(0.9) | lr(0.01)", "adam(0.2)"}, 12),
            (Texts{"gd(0.05)", "moment…0.01)", "adam(0.2)"}));
}

TEST(Labels, OnlyWhatIsTooLongIsCut) {
  EXPECT_EQ(told_apart({"clip_norm(1) | adam | lr(0.1)", "clip_norm(1) | sgd"}, 18),
            (Texts{"…adam | lr(0.1)", "clip_norm(1) | sgd"}));
}

TEST(Labels, WhatIsTheSameOrAloneIsCutInTheMiddle) {
  EXPECT_EQ(told_apart({"abcdefghijklmnopqrstuvwxyz"}, 9), (Texts{"abcd…wxyz"}));
  EXPECT_EQ(told_apart({"one two", "one two"}, 3), (Texts{"o…o", "o…o"}));
}

}  // namespace
}  // namespace thalweg::page
