#include "nn/init.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "nn/quantile.h"
#include "thalweg/error.h"
#include "thalweg/module.h"

namespace thalweg {
namespace {

std::vector<double> weights(const std::string& init, std::int64_t in, std::int64_t out,
                            std::uint64_t seed = 1) {
  Module module("dense(" + std::to_string(out) + ", init=" + init + ")", {in}, Dtype::f64);
  module.initialise(seed);
  const auto values = module.params()[0].value<double>();
  return {values.begin(), values.end()};
}

struct Moments {
  double mean = 0, variance = 0, fourth = 0, largest = 0;
};

Moments moments_of(const std::vector<double>& values) {
  Moments m;
  const auto n = static_cast<double>(values.size());
  for (const double v : values) {
    m.mean += v / n;
    m.variance += v * v / n;
    m.fourth += v * v * v * v / n;
    m.largest = std::max(m.largest, std::abs(v));
  }
  return m;
}

// Values of the normal distribution from tables.
TEST(Quantile, IsThatOfTheNormalDistribution) {
  EXPECT_EQ(normal_quantile(0.5), 0);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-15);
  EXPECT_NEAR(normal_quantile(0.75), 0.6744897501960817, 1e-15);
  EXPECT_NEAR(normal_quantile(1e-10), -6.361340902404056, 1e-14);
  EXPECT_NEAR(normal_quantile(1e-20), -9.262340089798408, 1e-14);
  for (double p = 1e-300; p < 1; p = p < 0.05 ? p * 1.7 : p + 0.003) {
    const double back = 0.5 * std::erfc(-normal_quantile(p) * M_SQRT1_2);
    ASSERT_NEAR(back / p, 1, 1e-12) << p;  // far out x^2 of the rounding of x
  }
}

TEST(Init, RulesHaveTheVarianceOfTheirPaper) {
  struct Want {
    const char* init;
    double variance,
        kurtosis;  // fourth moment over the square of the variance: 3 of a normal one, 9/5 of a uniform
  };
  const Want wants[] = {
      {"torch", 1.0 / 600, 1.8},
      {"he", 2.0 / 200, 1.8},
      {"glorot", 2.0 / 500, 1.8},
      {"lecun", 1.0 / 200, 1.8},
      {"he_normal", 2.0 / 200, 3},
      {"glorot_normal", 2.0 / 500, 3},
      {"lecun_normal", 1.0 / 200, 3},
      {"normal(0.02)", 0.0004, 3},
      // Of the normal distribution cut off at 2: 1 - 4 f(2) / (2 P(2) - 1), with f its density.
      {"truncated_normal(std=0.02)", 0.0004 * 0.7737413035499232, 2.3655},
      {"orthogonal", 1.0 / 300, 3},
      {"constant(0.25)", 0.0625, 1},
      {"zeros", 0, 0},
      {"ones", 1, 1},
  };
  for (const Want& want : wants) {
    const Moments m = moments_of(weights(want.init, 200, 300));
    EXPECT_NEAR(m.variance, want.variance, 0.02 * want.variance) << want.init;
    if (want.kurtosis > 1) {
      EXPECT_NEAR(m.mean, 0, 0.02 * std::sqrt(want.variance)) << want.init;
    }
    if (want.variance > 0) {
      EXPECT_NEAR(m.fourth / (m.variance * m.variance), want.kurtosis, 0.1) << want.init;
    }
  }
  EXPECT_LE(moments_of(weights("truncated_normal(0.02)", 200, 300)).largest, 0.04);
  EXPECT_GT(moments_of(weights("truncated_normal(0.02)", 200, 300)).largest, 0.0395);
}

void expect_right_angles(std::size_t in, std::size_t out) {
  const std::vector<double> w =
      weights("orthogonal(gain=3)", static_cast<std::int64_t>(in), static_cast<std::int64_t>(out));
  const auto element = [&](std::size_t line, std::size_t i) {
    return in >= out ? w[i * out + line] : w[line * out + i];
  };
  for (std::size_t a = 0; a < std::min(in, out); ++a) {
    for (std::size_t b = 0; b <= a; ++b) {
      double dot = 0;
      for (std::size_t i = 0; i < std::max(in, out); ++i) dot += element(a, i) * element(b, i);
      EXPECT_NEAR(dot, a == b ? 9 : 0, 1e-13) << in << "x" << out;
    }
  }
}

TEST(Init, OrthogonalRowsOrColumnsAreAtRightAngles) {
  expect_right_angles(7, 7);
  expect_right_angles(1, 5);
  expect_right_angles(5, 1);
  expect_right_angles(40, 13);
  expect_right_angles(13, 40);
  expect_right_angles(1, 1);
}

// Uniform among all such matrices: with the signs of R a diagonal element is as often positive as negative.
TEST(Init, OrthogonalOnesHaveNoPreferredSign) {
  int positive = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) positive += weights("orthogonal", 3, 3, seed)[0] > 0;
  EXPECT_GT(positive, 150);
  EXPECT_LT(positive, 250);
}

TEST(Init, ElementsDependOnSeedParameterAndIndexAlone) {
  for (const char* init : {"lecun", "normal(1)", "truncated_normal(1)"}) {
    const std::vector<double> few = weights(init, 10, 3), many = weights(init, 10, 30);
    EXPECT_EQ(few, std::vector<double>(many.begin(), many.begin() + 30)) << init;
    EXPECT_NE(weights(init, 10, 3, 2), few) << init;
  }
  EXPECT_EQ(weights("orthogonal", 9, 9), weights("orthogonal", 9, 9));
}

TEST(Init, TextsAreKeptAndErrorsNameWhatIsWanted) {
  const Module module("dense( 3,bias_init=constant(0.5),init=truncated_normal( std=0.02 ))", {4});
  EXPECT_EQ(module.text(), "dense(3, init=truncated_normal(std=0.02), bias_init=constant(0.5))");
  EXPECT_EQ(Module(module.text(), {4}).text(), module.text());
  const auto message = [](const std::string& init) {
    try {
      Module("dense(3, init=" + init + ")", {4});
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("nothing was thrown");
  };
  const auto expect = [&](const std::string& init, const std::string& part) {
    EXPECT_NE(message(init).find(part), std::string::npos) << message(init);
  };
  expect("hee", "did you mean `he`?");
  expect("normal", "`normal` needs `std`");
  expect("normal(-1)", "at least 0");
  expect("normal(0.1, 2)", "too many arguments for `normal`");
  expect("constant(std=1)", "has no such option");
  expect("he(2)", "`init` of `dense` does not accept this");
  expect("relu(2)", "constant(value)");
  expect("\"he | he\"", "`init` of `dense` does not accept this");
}

TEST(Init, BiasesStartAsTheyAreTold) {
  Module module("dense(3, bias_init=constant(0.5)) | dense(2, bias_init=ones) | dense(1)", {4});
  module.initialise(1);
  EXPECT_EQ(module.params()[1].value<float>()[2], 0.5f);
  EXPECT_EQ(module.params()[3].value<float>()[1], 1.0f);
  EXPECT_EQ(module.params()[5].value<float>()[0], 0.0f);
}

}  // namespace
}  // namespace thalweg
