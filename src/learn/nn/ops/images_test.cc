// Operations on images against sums written out, in what models are made of them, and for any number of
// threads.
#include "thalweg/images.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <string>

#include "nn/test_replay.h"
#include "thalweg/error.h"
#include "thalweg/module.h"

namespace thalweg {
namespace {

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::usage);
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

// A convolution by its definition; elements are numbered as torch does, so the order of the tape's memory is
// not taken for granted.
struct Sizes {
  std::size_t rows, channels, height, width, outputs, groups;
};

double element(std::span<const double> all, const Sizes& s, std::size_t n, std::size_t c, std::int64_t i,
               std::int64_t j) {
  if (i < 0 || j < 0 || i >= static_cast<std::int64_t>(s.height) || j >= static_cast<std::int64_t>(s.width))
    return 0;
  return all[((n * s.channels + c) * s.height + static_cast<std::size_t>(i)) * s.width +
             static_cast<std::size_t>(j)];
}

void expect_convolution(const Sizes& s, const Window& window, bool rectify) {
  Tape tape(Dtype::f64, 2);
  const auto size = [](std::size_t n) { return static_cast<std::int64_t>(n); };
  const Tensor x = tape.input({size(s.rows), size(s.channels), size(s.height), size(s.width)});
  const Tensor w =
      tape.input({window.kernel[0], window.kernel[1], size(s.channels / s.groups), size(s.outputs)});
  const Tensor b = tape.input({size(s.outputs)});
  const Tensor y = row_major(tape, conv2d(tape, x, w, b, window, size(s.groups), rectify));
  fill(tape.value<double>(x), 1);
  fill(tape.value<double>(w), 2);
  fill(tape.value<double>(b), 3);
  tape.forward();
  const std::size_t in_each = s.channels / s.groups, out_each = s.outputs / s.groups;
  const auto weights = tape.value<double>(w);
  std::size_t at = 0;
  for (std::size_t n = 0; n < s.rows; ++n) {
    for (std::size_t k = 0; k < s.outputs; ++k) {
      for (std::int64_t i = 0; i < window.places(0, size(s.height)); ++i) {
        for (std::int64_t j = 0; j < window.places(1, size(s.width)); ++j, ++at) {
          double want = tape.value<double>(b)[k];
          for (std::int64_t u = 0; u < window.kernel[0]; ++u) {
            for (std::int64_t v = 0; v < window.kernel[1]; ++v) {
              for (std::size_t c = 0; c < in_each; ++c) {
                const auto place = static_cast<std::size_t>(u * window.kernel[1] + v);
                want += weights[(place * in_each + c) * s.outputs + k] *
                        element(tape.value<double>(x), s, n, k / out_each * in_each + c,
                                i * window.stride[0] - window.before[0] + u * window.dilation[0],
                                j * window.stride[1] - window.before[1] + v * window.dilation[1]);
              }
            }
          }
          ASSERT_NEAR(tape.value<double>(y)[at], rectify ? std::max(want, 0.0) : want, 1e-12);
        }
      }
    }
  }
}

TEST(Images, AConvolutionIsItsDefinition) {
  expect_convolution({2, 1, 5, 6, 4, 1}, {{3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}}, false);
  expect_convolution({3, 6, 7, 5, 9, 3}, {{2, 3}, {2, 1}, {0, 2}, {1, 0}, {2, 1}}, true);
  expect_convolution({2, 4, 6, 6, 4, 4}, {{3, 2}, {3, 2}, {2, 1}, {2, 1}, {1, 2}}, false);
  expect_convolution({1, 3, 4, 4, 33, 1}, {{1, 1}, {1, 1}, {0, 0}, {0, 0}, {1, 1}}, false);
}

TEST(Images, TheLargestElementGetsTheGradientAndANanIsLarger) {
  Tape tape;
  const Tensor x = tape.input({1, 1, 2, 4});
  tape.want_gradient(x);
  const Tensor y = max_pool(tape, x, {{2, 2}, {2, 2}, {0, 0}, {0, 0}, {1, 1}});
  std::ranges::copy(std::vector<float>{1, 3, NAN, 0, 3, 2, 5, 9}, tape.value<float>(x).begin());
  tape.forward();
  EXPECT_EQ(tape.value<float>(y)[0], 3);
  EXPECT_TRUE(std::isnan(tape.value<float>(y)[1]));
  std::ranges::copy(std::vector<float>{7, 8}, tape.grad<float>(y).begin());
  tape.backward(y);
  const auto dx = tape.grad<float>(x);
  EXPECT_EQ(std::vector<float>(dx.begin(), dx.end()), (std::vector<float>{0, 7, 8, 0, 0, 0, 0, 0}));
}

TEST(Images, AMeanCountsThePaddingOrNot) {
  const auto mean_at_corner = [](bool count_padding) {
    Tape tape;
    const Tensor x = tape.input({1, 1, 2, 2});
    const Tensor y = avg_pool(tape, x, {{2, 2}, {1, 1}, {1, 1}, {1, 1}, {1, 1}}, count_padding);
    std::ranges::fill(tape.value<float>(x), 8.0f);
    tape.forward();
    return tape.value<float>(y)[0];
  };
  EXPECT_EQ(mean_at_corner(true), 2);
  EXPECT_EQ(mean_at_corner(false), 8);
}

TEST(Images, OrdersOfMemoryAreToldAndTurned) {
  Tape tape;
  const Tensor x = tape.input({1, 2, 1, 3});
  tape.want_gradient(x);
  const Tensor last = channels_last(tape, x);
  const Tensor back = row_major(tape, last);
  EXPECT_EQ(tape.order(x), MemoryOrder::row_major);
  EXPECT_EQ(tape.order(last), MemoryOrder::channels_last);
  std::ranges::copy(std::vector<float>{1, 2, 3, 4, 5, 6}, tape.value<float>(x).begin());
  tape.forward();
  const auto turned = tape.value<float>(last);
  EXPECT_EQ(std::vector<float>(turned.begin(), turned.end()), (std::vector<float>{1, 4, 2, 5, 3, 6}));
  std::ranges::copy(std::vector<float>{1, 2, 3, 4, 5, 6}, tape.grad<float>(back).begin());
  tape.backward(back);
  const auto dx = tape.grad<float>(x);
  EXPECT_EQ(std::vector<float>(dx.begin(), dx.end()), (std::vector<float>{1, 2, 3, 4, 5, 6}));
}

TEST(Images, BitsDoNotDependOnTheNumberOfThreads) {
  for (const char* text :
       {"conv2d(32, 3, padding=1) | relu | max_pool(2) | conv2d(20, 3, groups=2) | relu | flatten | "
        "dense(10)",
        "depthwise_conv2d(3, padding=same) | conv2d(7, 1) | avg_pool(3, stride=2, padding=1) | global_pool",
        "repeat(2, residual(conv2d(2, 3, padding=1) | tanh)) | global_pool(max) | dense(3)"}) {
    for (const std::int64_t rows : {1, 5, 70}) {
      const std::vector<float> one = replay<float>(text, {2, 13, 12}, rows, 1);
      for (const int threads : {2, 3, 7}) {
        const std::vector<float> many = replay<float>(text, {2, 13, 12}, rows, threads);
        ASSERT_EQ(many.size(), one.size());
        EXPECT_EQ(std::memcmp(many.data(), one.data(), one.size() * sizeof(float)), 0)
            << text << ", " << rows << " rows, " << threads << " threads";
      }
    }
  }
}

TEST(Images, ReluAfterAConvolutionIsThatConvolutionRectified) {
  const std::vector<float> together = replay<float>("conv2d(6, 3, init=he) | relu", {3, 6, 5}, 4, 1);
  const std::vector<float> apart =
      replay<float>("conv2d(6, 3, init=he) | dropout(0) | relu", {3, 6, 5}, 4, 1);
  EXPECT_EQ(together, apart);
}

TEST(Images, BlocksNameTheirParametersAsIfTheyWereWrittenOut) {
  const Module module(
      "dense(4) | repeat(2, residual(dense(4) | relu)) | residual(dense(3), shortcut=dense(3))", {5});
  std::vector<std::string> names;
  for (const Parameter& p : module.params()) names.push_back(p.name());
  EXPECT_EQ(names.size(), 10u);
  EXPECT_EQ(names.front(), "dense1.weight");
  EXPECT_EQ(names.back(), "dense5.bias");
  EXPECT_EQ(module.text(),
            "dense(4) | repeat(2, block=residual(dense(4) | relu)) | residual(dense(3), shortcut=dense(3))");
}

TEST(Images, SizesAreInferredAndSaidWhereTheyDoNotFit) {
  EXPECT_EQ(Module("conv2d(32, 3, padding=1) | relu | max_pool(2) | flatten", {1, 28, 28}).outputs(),
            Shape{6272});
  EXPECT_EQ(Module("conv2d(8, 4, stride=2, padding=same)", {3, 7, 8}).outputs(), (Shape{8, 4, 4}));
  EXPECT_EQ(Module("conv1d(8, 5, dilation=2) | max_pool1d(2)", {2, 20}).outputs(), (Shape{8, 6}));
  EXPECT_EQ(Module("reshape([1, 4, 4]) | conv2d(2, [2, 3])", {16}).outputs(), (Shape{2, 3, 2}));
  EXPECT_NE(refusal([] { Module("conv2d(8, 3)", {784}); }).find("reshape"), std::string::npos);
  EXPECT_NE(refusal([] {
              Module("max_pool(2) | max_pool(2) | max_pool(2)", {1, 7, 7});
            }).find("larger"),
            std::string::npos);
  EXPECT_NE(refusal([] { Module("conv2d(8, 3, groups=2)", {3, 7, 7}); }).find("divide"), std::string::npos);
  refusal([] { Module("conv2d(8, [3, 3, 3])", {3, 7, 7}); });
  refusal([] { Module("conv2d(8, 0)", {3, 7, 7}); });
  refusal([] { Module("conv2d(8, 2.5)", {3, 7, 7}); });
  refusal([] { Module("conv2d(8, 3, padding=valid)", {3, 7, 7}); });
  refusal([] { Module("residual(dense(3))", {4}); });
  refusal([] { Module("residual(denze(4))", {4}); });
  refusal([] { Module("repeat(1000, repeat(1000, relu))", {4}); });
  refusal([] { Module("reshape([2, 3])", {4}); });
}

TEST(Images, AModelSaysWhetherItTakesImages) {
  EXPECT_TRUE(Module::takes_images("conv2d(8, 3) | flatten | dense(10)"));
  EXPECT_TRUE(Module::takes_images("relu | repeat(2, residual(conv2d(1, 3, padding=1)))"));
  EXPECT_FALSE(Module::takes_images("dense(10) | reshape([1, 2, 5]) | conv2d(2, 1)"));
  EXPECT_FALSE(Module::takes_images("dense(10, init=normal(0.1)) | reshape([1, 2, 5]) | conv2d(2, 1)"));
  EXPECT_TRUE(Module::takes_images("conv2d(8, 3, init=orthogonal(2), bias_init=constant(1)) | flatten"));
  EXPECT_TRUE(Module::takes_images("repeat(2, batch_norm | relu) | conv2d(8, 3)"));
  EXPECT_FALSE(Module::takes_images("reshape([1, 28, 28]) | conv2d(2, 1)"));
}

}  // namespace
}  // namespace thalweg
