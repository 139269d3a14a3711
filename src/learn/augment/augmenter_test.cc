#include "augment/augmenter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "base/test_error.h"

namespace thalweg {
namespace {

constexpr float kBlack = -0.5f;

// Images whose numbers all differ and are above 0.
std::vector<float> counted(std::size_t n) {
  std::vector<float> numbers(n);
  std::iota(numbers.begin(), numbers.end(), 1.0f);
  return numbers;
}

std::vector<float> augmented(const std::string& text, const Shape& image, std::vector<float> numbers,
                             std::size_t rows, std::uint64_t position = 0, std::uint64_t seed = 1,
                             int threads = 1) {
  Team team(threads);
  Augmenter(text, image, kBlack).apply(seed, position, numbers, rows, team);
  return numbers;
}

std::string refusal(const std::string& text, const Shape& image) {
  return error_of(Code::usage, [&] { Augmenter(text, image, 0); });
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const char* const kAll[] = {"crop(padding=2)",
                            "crop(5)",
                            "crop(3, padding=2)",
                            "flip",
                            "flip(0.5, axis=vertical)",
                            "shift(2)",
                            "noise(0.3)",
                            "cutout(3)",
                            "mixup(0.4)",
                            "crop(4) | flip | shift(1) | cutout(2) | mixup(1) | noise(0.1)"};

TEST(Augmenter, EverySpecHasItsWordsAndAFormula) {
  ASSERT_EQ(augmentation_specs().size(), 6u);
  for (const Spec* spec : augmentation_specs()) {
    EXPECT_FALSE(spec->doc.empty()) << spec->name;
    EXPECT_FALSE(spec->source.empty()) << spec->name;
    EXPECT_FALSE(spec->formula.empty()) << spec->name;
    for (const Option& one : spec->options) EXPECT_FALSE(one.doc.empty()) << one.name;
  }
}

TEST(Augmenter, NumbersDependOnSeedAndPositionAlone) {
  const Shape image = {2, 6, 7};
  const std::size_t features = 84, rows = 23;
  const std::vector<float> numbers = counted(features * rows);
  for (const std::string text : kAll) {
    const std::vector<float> want = augmented(text, image, numbers, rows, 100);
    EXPECT_NE(want, numbers) << text;
    for (const int threads : {2, 3})
      EXPECT_EQ(augmented(text, image, numbers, rows, 100, 1, threads), want) << text;
    EXPECT_NE(augmented(text, image, numbers, rows, 101), want) << text;
    EXPECT_NE(augmented(text, image, numbers, rows, 100, 2), want) << text;
    if (has(text, "mixup")) continue;
    // Cut into batches otherwise.
    const std::vector<float> tail(numbers.begin() + 9 * features, numbers.end());
    const std::vector<float> got = augmented(text, image, tail, rows - 9, 109);
    EXPECT_TRUE(std::equal(got.begin(), got.end(), want.begin() + 9 * features)) << text;
  }
}

// Where the number that stood at row y, column x of the image stands now: by brute force over all moves.
struct Move {
  int down, right;
  bool operator<(const Move& other) const {
    return std::pair(down, right) < std::pair(other.down, other.right);
  }
};
std::vector<Move> moves_of(const std::vector<float>& numbers, const std::vector<float>& got, int side,
                           int most, std::size_t rows) {
  std::vector<Move> out;
  const int pixels = side * side;
  for (std::size_t row = 0; row < rows; ++row) {
    for (int down = -most; down <= most; ++down) {
      for (int right = -most; right <= most; ++right) {
        bool same = true;
        for (int y = 0; y < side && same; ++y) {
          for (int x = 0; x < side && same; ++x) {
            const int i = y - down, j = x - right;
            const bool inside = i >= 0 && i < side && j >= 0 && j < side;
            const float want = inside ? numbers[row * pixels + i * side + j] : kBlack;
            same = got[row * pixels + y * side + x] == want;
          }
        }
        if (same) out.push_back({down, right});
      }
    }
  }
  return out;
}

TEST(Augmenter, ShiftAndCropMoveByWholePixelsEachAsOftenAsAnother) {
  constexpr std::size_t kRows = 2000;
  const std::vector<float> numbers = counted(25 * kRows);
  for (const std::string text : {"shift(2)", "crop(padding=2)", "crop(5, padding=2)"}) {
    const std::vector<Move> moves =
        moves_of(numbers, augmented(text, {1, 5, 5}, numbers, kRows), 5, 2, kRows);
    ASSERT_EQ(moves.size(), kRows) << text;
    std::map<Move, int> counts;
    for (const Move& move : moves) ++counts[move];
    ASSERT_EQ(counts.size(), 25u) << text;
    for (const auto& [move, count] : counts) EXPECT_NEAR(count, 80, 45) << text;  // 5 deviations
  }
}

TEST(Augmenter, ChannelsMoveTogether) {
  const std::vector<float> numbers = counted(3 * 16);
  const std::vector<float> got = augmented("shift(1)", {3, 4, 4}, numbers, 1, 3);
  for (std::size_t i = 0; i < 16; ++i) {
    const bool black = got[i] == kBlack;
    EXPECT_EQ(got[16 + i], black ? kBlack : got[i] + 16);
    EXPECT_EQ(got[32 + i], black ? kBlack : got[i] + 32);
  }
}

TEST(Augmenter, FlipMirrorsHalfOfTheSamples) {
  constexpr std::size_t kRows = 1000;
  const std::vector<float> numbers = counted(12 * kRows);
  const auto mirrored = [&](const std::string& text) {
    const std::vector<float> got = augmented(text, {2, 2, 3}, numbers, kRows);
    std::size_t count = 0;
    for (std::size_t row = 0; row < kRows; ++row) {
      const float* x = numbers.data() + 12 * row;
      const float* y = got.data() + 12 * row;
      if (std::equal(x, x + 12, y)) continue;
      ++count;
      const bool vertical = has(text, "vertical");
      for (std::size_t c = 0; c < 2; ++c) {
        for (std::size_t i = 0; i < 2; ++i) {
          for (std::size_t j = 0; j < 3; ++j)
            EXPECT_EQ(y[c * 6 + i * 3 + j], x[c * 6 + (vertical ? 1 - i : i) * 3 + (vertical ? j : 2 - j)]);
        }
      }
    }
    return count;
  };
  EXPECT_NEAR(static_cast<double>(mirrored("flip")), 500, 80);
  EXPECT_NEAR(static_cast<double>(mirrored("flip(0.1, axis=vertical)")), 100, 50);
  EXPECT_EQ(mirrored("flip(p=1)"), kRows);
  EXPECT_EQ(mirrored("flip(0)"), 0u);
}

// torch 2.13: interpolate(window, size=(4, 4), mode="bilinear", align_corners=False) of the window at row 1,
// column 1 of the image [[1, 2, 3, 4], ..., [13, 14, 15, 16]].
TEST(Augmenter, ASmallWindowIsEnlargedAsTorchDoes) {
  const std::vector<float> lower_right = {11, 11.25f, 11.75f, 12, 12, 12.25f, 12.75f, 13,
                                          14, 14.25f, 14.75f, 15, 15, 15.25f, 15.75f, 16};
  std::set<std::vector<float>> seen;
  for (std::uint64_t position = 0; position < 200; ++position)
    seen.insert(augmented("crop(2)", {1, 4, 4}, counted(16), 1, position));
  EXPECT_EQ(seen.size(), 9u);
  EXPECT_TRUE(seen.contains(lower_right));
}

TEST(Augmenter, CutoutWipesASquareThatMayReachBeyondTheImage) {
  constexpr std::size_t kRows = 500, kSide = 7;
  const std::vector<float> numbers = counted(2 * kSide * kSide * kRows);
  const std::vector<float> got = augmented("cutout(3)", {2, kSide, kSide}, numbers, kRows);
  std::set<std::pair<std::size_t, std::size_t>> corners;
  std::set<std::size_t> sizes;
  for (std::size_t row = 0; row < kRows; ++row) {
    std::size_t top = kSide, left = kSide, bottom = 0, right = 0, wiped = 0;
    for (std::size_t i = 0; i < kSide * kSide; ++i) {
      const std::size_t at = row * 2 * kSide * kSide + i;
      EXPECT_EQ(got[at] == 0, got[at + kSide * kSide] == 0);
      if (got[at] != 0) {
        EXPECT_EQ(got[at], numbers[at]);
        continue;
      }
      ++wiped;
      top = std::min(top, i / kSide), bottom = std::max(bottom, i / kSide);
      left = std::min(left, i % kSide), right = std::max(right, i % kSide);
    }
    EXPECT_EQ(wiped, (bottom - top + 1) * (right - left + 1));
    sizes.insert(wiped);
    corners.emplace(top + bottom, left + right);
  }
  EXPECT_EQ(sizes, (std::set<std::size_t>{4, 6, 9}));
  EXPECT_EQ(corners.size(), 49u);  // every centre occurs
}

TEST(Augmenter, NoiseIsNormalWithItsDeviation) {
  constexpr std::size_t kNumbers = 40'001;
  const std::vector<float> got = augmented("noise(0.5)", {}, std::vector<float>(kNumbers, 3), 1);
  double sum = 0, squares = 0, fourth = 0, neighbours = 0;
  for (std::size_t i = 0; i < kNumbers; ++i) {
    const double x = (static_cast<double>(got[i]) - 3) / 0.5;
    sum += x;
    squares += x * x;
    fourth += x * x * x * x;
    if (i > 0) neighbours += x * (static_cast<double>(got[i - 1]) - 3) / 0.5;
  }
  const double n = kNumbers, root = std::sqrt(n);
  EXPECT_NEAR(sum / n, 0, 5 / root);
  EXPECT_NEAR(squares / n, 1, 5 * std::sqrt(2.0) / root);
  EXPECT_NEAR(fourth / n, 3, 5 * std::sqrt(96.0) / root);
  EXPECT_NEAR(neighbours / n, 0, 5 / root);
}

TEST(Augmenter, MixupMixesEachRowWithOneOther) {
  constexpr std::size_t kRows = 50;
  const std::vector<float> numbers = counted(3 * kRows);
  Team team(2);
  Augmenter augmenter("mixup(1)", {}, 0);
  std::vector<double> shares;
  for (std::uint64_t batch = 0; batch < 2000; ++batch) {
    std::vector<float> got = numbers;
    const Mixing& mixing = augmenter.apply(1, batch * kRows, got, kRows, team);
    std::vector<std::size_t> partners = mixing.partners;
    std::sort(partners.begin(), partners.end());
    for (std::size_t i = 0; i < kRows; ++i) EXPECT_EQ(partners[i], i);
    shares.push_back(mixing.share);
    for (std::size_t i = 0; i < 3 * kRows; ++i) {
      const std::size_t other = mixing.partners[i / 3] * 3 + i % 3;
      EXPECT_NEAR(got[i], mixing.share * numbers[i] + (1 - mixing.share) * numbers[other], 1e-4);
    }
  }
  // Beta(1, 1) is uniform: mean 1/2, variance 1/12.
  double sum = 0, squares = 0;
  for (const double share : shares) sum += share, squares += (share - 0.5) * (share - 0.5);
  EXPECT_NEAR(sum / 2000, 0.5, 5 * std::sqrt(1.0 / 12 / 2000));
  EXPECT_NEAR(squares / 2000, 1.0 / 12, 5 * std::sqrt(1.0 / 180 / 2000));
}

// Beta(alpha, alpha) has variance 1 / (4 (2 alpha + 1)).
TEST(Augmenter, SharesAreOfBetaForSmallAndLargeAlphas) {
  Team team(1);
  for (const double alpha : {0.01, 0.2, 0.7, 3.0, 400.0}) {
    Augmenter augmenter("mixup(" + std::to_string(alpha) + ")", {}, 0);
    double sum = 0, squares = 0, fourths = 0;
    constexpr int kDraws = 4000;
    for (std::uint64_t i = 0; i < kDraws; ++i) {
      std::vector<float> two = {1, 2};
      const double x = augmenter.apply(7, 2 * i, two, 2, team).share - 0.5;
      ASSERT_TRUE(std::abs(x) <= 0.5) << x;
      sum += x;
      squares += x * x;
      fourths += x * x * x * x;
    }
    const double variance = 1 / (4 * (2 * alpha + 1));
    const double spread = std::sqrt((fourths / kDraws - variance * variance) / kDraws);
    EXPECT_NEAR(sum / kDraws, 0, 5 * std::sqrt(variance / kDraws)) << alpha;
    EXPECT_NEAR(squares / kDraws, variance, 5 * spread + 1e-12) << alpha;
  }
}

TEST(Augmenter, WhatDoesNotFitIsRefused) {
  const Shape image = {1, 28, 28};
  EXPECT_TRUE(has(refusal("flop", image), "did you mean `flip`?"));
  EXPECT_TRUE(has(refusal("flop", image), "thalweg list augmentations"));
  for (const char* text : {"shift(2)", "flip", "crop(3)", "cutout(2)"})
    EXPECT_TRUE(has(refusal(text, {}), "samples that are no images")) << text;
  EXPECT_TRUE(has(refusal("shift(28)", image), "fewer pixels than the 28 of a side"));
  EXPECT_TRUE(has(refusal("shift", image), "needs `pixels`"));
  EXPECT_TRUE(has(refusal("shift(0.5)", image), "pixels"));
  EXPECT_TRUE(has(refusal("crop", image), "a size, or a padding"));
  EXPECT_TRUE(has(refusal("crop(28)", image), "a size, or a padding"));
  EXPECT_TRUE(has(refusal("crop(29, padding=4)", image), "at most 28 pixels"));
  EXPECT_TRUE(has(refusal("noise(-1)", image), "deviation"));
  EXPECT_TRUE(has(refusal("mixup(0)", image), "alpha"));
  EXPECT_TRUE(has(refusal("mixup | flip | mixup", image), "mixed once"));
  Augmenter("noise(0.1) | mixup", {}, 0);  // of any numbers
}

}  // namespace
}  // namespace thalweg
