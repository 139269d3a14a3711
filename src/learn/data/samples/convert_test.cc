#include "data/samples/convert.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/random.h"
#include "base/threads.h"

namespace thalweg {
namespace {

float by_definition(double x, const Scaling& s) { return static_cast<float>((x - s.offset) * s.factor); }

std::uint32_t bits(float x) { return std::bit_cast<std::uint32_t>(x); }

std::vector<std::uint8_t> every_byte() {
  std::vector<std::uint8_t> bytes(256 + 21);  // of which some are no whole vector
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  return bytes;
}

// Scalings such as data have, and extreme ones.
std::vector<Scaling> scalings() {
  std::vector<Scaling> out = {{},          {0, 1.0 / 255},     {33.318421449829934, 1 / 78.56748998339798},
                              {128, 1e30}, {1e300, 1e-300},    {-5, -0.25},
                              {7, 0},      {0.1, 0x1p-140},    {12.5, 0x1p-70},
                              {0, 1e-310}, {1.0 / 3, 2.0 / 3}, {255, 1 / 255.0}};
  const Random random(1, Purpose::noise, 0);
  for (std::uint64_t i = 0; i < 300; ++i)
    out.push_back({255 * random.uniform(2 * i), 1 / (1 + 120 * random.uniform(2 * i + 1))});
  return out;
}

void check_bytes(const std::vector<std::uint8_t>& bytes) {
  std::size_t in_parts = 0;
  for (const Scaling& scaling : scalings()) {
    std::vector<float> got(bytes.size(), -1), parted(bytes.size(), -1);
    convert(scaling, bytes, got.data());
    const std::optional<Parts> parts = split(scaling);
    if (parts) convert(*parts, bytes, parted.data());
    in_parts += parts ? 1 : 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const float want = by_definition(bytes[i], scaling);
      EXPECT_EQ(bits(got[i]), bits(want)) << scaling.offset << " " << scaling.factor << " " << i;
      if (!parts) continue;
      EXPECT_EQ(bits(parted[i]), bits(want)) << scaling.offset << " " << scaling.factor << " " << i;
    }
  }
  EXPECT_GT(in_parts, 280u);
}

TEST(Convert, BytesAreScaledInDoubleAndRoundedOnceInEachForm) {
  const std::vector<std::uint8_t> bytes = every_byte();
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    SCOPED_TRACE(hwy::TargetName(target));
    check_bytes(bytes);
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(Convert, AScalingThatFloatsDoNotHoldHasNoParts) {
  EXPECT_FALSE(split({0, 1e30}));
  EXPECT_FALSE(split({0, 1e-310}));
  EXPECT_TRUE(split({0, 1.0 / 255}));
}

TEST(Convert, FloatsAreScaledInDoubleAndRoundedOnce) {
  std::vector<float> numbers = {0, -0.0f, 1e-40f, 3.5f, -2e38f, std::numeric_limits<float>::infinity(), 7};
  for (std::size_t i = 0; i < 40; ++i) numbers.push_back(std::sin(static_cast<float>(i)));
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    for (const Scaling& scaling : scalings()) {
      std::vector<float> got(numbers.size());
      convert(scaling, numbers, got.data());
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        const float want = by_definition(numbers[i], scaling);
        EXPECT_TRUE(bits(got[i]) == bits(want) || (std::isnan(got[i]) && std::isnan(want)))
            << hwy::TargetName(target) << " " << i;
      }
    }
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(Samples, AnyTeamGathersTheSame) {
  constexpr std::size_t kFeatures = 784, kRows = 97;
  Samples bytes, floats;
  std::vector<std::uint8_t> all(kFeatures * kRows);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint8_t>(i * 31 + i / 255);
  floats.assign(kFeatures, std::vector<float>(all.begin(), all.end()));
  bytes.assign(kFeatures, std::move(all));
  const std::vector<std::uint32_t> rows = Random(1, Purpose::shuffle, 0).permutation(kRows);
  for (Samples* samples : {&bytes, &floats}) {
    samples->set_scaling({33.3, 1 / 78.5});
    std::vector<float> want(kFeatures * kRows), got(want.size());
    samples->gather(rows, want);
    for (const int threads : {1, 2, 5}) {
      Team team(threads);
      samples->gather(rows, got, team);
      EXPECT_EQ(got, want) << threads;
    }
  }
}

}  // namespace
}  // namespace thalweg
