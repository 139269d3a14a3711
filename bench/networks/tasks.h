// The networks whose steps are timed. nets.py has the same for the peers.
#pragma once

#include <cstddef>
#include <string_view>

struct Task {
  std::string_view name;
  std::string_view model;
  std::string_view loss;
  std::string_view chain;
  std::size_t batch;
  std::size_t batches;        // of data in memory
  std::size_t height, width;  // of an image of one channel; height 0: `width` features
  std::size_t classes;        // 0: one value
  double flops;               // of products in a step, the gradient of the data left out
};

// Of a perceptron's products: three for each layer, and two for the first.
template <std::size_t n>
constexpr double perceptron(double batch, const double (&sizes)[n]) {
  double flops = 0;
  for (std::size_t i = 0; i + 1 < n; ++i) flops += (i == 0 ? 4 : 6) * batch * sizes[i] * sizes[i + 1];
  return flops;
}

inline constexpr double kConvolutions = 128 * (4.0 * 784 * 9 * 32 + 6.0 * 196 * 288 * 64);

inline constexpr Task kTasks[] = {
    {"xor", "dense(16) | tanh | dense(1)", "mse", "sgd(lr=1e-3)", 1, 4, 0, 2, 0, perceptron(1, {2, 16, 1})},
    {"tiny", "dense(32) | tanh | dense(32) | tanh | dense(1)", "mse", "adam(lr=1e-3)", 32, 32, 0, 8, 0,
     perceptron(32, {8, 32, 32, 1})},
    {"narrow", "dense(32) | relu | dense(10)", "cross_entropy", "sgd(lr=1e-3)", 32, 8, 0, 784, 10,
     perceptron(32, {784, 32, 10})},
    {"digits", "dense(64) | relu | dense(10)", "cross_entropy", "adamw(lr=1e-3)", 64, 22, 0, 64, 10,
     perceptron(64, {64, 64, 10})},
    {"mnist", "dense(256) | relu | dense(10)", "cross_entropy", "adamw(lr=1e-3)", 64, 256, 0, 784, 10,
     perceptron(64, {784, 256, 10})},
    {"convolutions",
     "conv2d(32, 3, padding=1) | relu | max_pool(2) | conv2d(64, 3, padding=1) | relu | max_pool(2) | "
     "flatten | dense(128) | relu | dense(10)",
     "cross_entropy", "adamw(lr=1e-3)", 128, 16, 28, 28, 10, kConvolutions + 6.0 * 128 * (3136 * 128 + 1280)},
    {"large", "dense(4096) | relu | dense(4096) | relu | dense(4096)", "mse", "adamw(lr=1e-4)", 512, 1, 0,
     4096, 0, perceptron(512, {4096, 4096, 4096, 4096})},
};
