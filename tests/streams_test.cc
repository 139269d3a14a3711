// Streams that do not look like their parameter - a row vector, a column vector, bytes - go through plan,
// memory, step, checkpoint and replan. The two transforms here are the test's own.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "base/test_error.h"
#include "base/test_folder.h"
#include "chain/link.h"
#include "comm/test_ranks.h"
#include "copying_device.h"
#include "laws.h"
#include "step/optimizer_impl.h"
#include "thalweg/checkpoint.h"

namespace thalweg {
namespace {

constexpr Option kOn[] = {{.name = "on", .type = OptionType::selector, .fallback = "all", .doc = "which"}};
constexpr double kKept = 0.75;

std::size_t rows_of(const Shape& shape) { return shape.size() < 2 ? 1 : static_cast<std::size_t>(shape[0]); }

// One average of squares a row and one a column, whose product stands for that of an element.
constexpr std::string_view kVectors[] = {"row", "column"};
constexpr Names kFactoredVariants[] = {kVectors};

Form factored_form(std::size_t stream, const Form& parameter) {
  const auto rows = static_cast<std::int64_t>(rows_of(parameter.shape));
  const auto size = static_cast<std::int64_t>(count(parameter.shape));
  return {parameter.dtype, {stream == 0 ? rows : rows == 0 ? 0 : size / rows}};
}

template <class T>
void factor(const Whole& p, double kept) {
  T* u = static_cast<T*>(p.update.data);
  T* row = static_cast<T*>(p.states[0].data);
  T* column = static_cast<T*>(p.states[1].data);
  const std::size_t rows = p.states[0].size(), columns = p.states[1].size();
  const auto mean = [&](std::size_t first, std::size_t n, std::size_t distance) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += std::pow(static_cast<double>(u[first + i * distance]), 2);
    return sum / static_cast<double>(n);
  };
  for (std::size_t i = 0; i < rows; ++i) {
    row[i] = T(kept * static_cast<double>(row[i]) + (1 - kept) * mean(i * columns, columns, 1));
  }
  for (std::size_t j = 0; j < columns; ++j) {
    column[j] = T(kept * static_cast<double>(column[j]) + (1 - kept) * mean(j, rows, columns));
  }
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      u[i * columns + j] /= std::sqrt(std::sqrt(row[i] * column[j])) + T(1e-3);
    }
  }
}

// A byte an element: how often its update has been positive. An update that often was is damped.
constexpr std::string_view kBytes[] = {"count"};
constexpr Names kCountedVariants[] = {kBytes};

Form counted_form(std::size_t, const Form& parameter) { return {Dtype::u8, parameter.shape}; }

template <class T>
void damp(const Whole& p) {
  T* u = static_cast<T*>(p.update.data);
  auto* counts = static_cast<std::uint8_t*>(p.states[0].data);
  for (std::size_t i = 0; i < p.update.size(); ++i) {
    if (u[i] > 0 && counts[i] < 255) ++counts[i];
    u[i] /= T(1 + counts[i]);
  }
}

double prepare(const Moment&, Coefs& coefs) {
  coefs[0] = kKept;
  return 1.0;
}

const Transform kFactored{.spec = {"factored", "", "", kOn},
                          .scope = Scope::matrix,
                          .part = Part::rule,
                          .kept = {.variants = kFactoredVariants, .form = factored_form},
                          .prepare = prepare,
                          .whole = [](const Coefs& c, const Whole& p) {
                            p.update.dtype == Dtype::f32 ? factor<float>(p, c[0]) : factor<double>(p, c[0]);
                          }};
const Transform kCounted{.spec = {"counted", "", "", kOn},
                         .scope = Scope::matrix,
                         .kept = {.variants = kCountedVariants,
                                  .initial = [](Numbers, std::size_t) { return 2.0; },
                                  .form = counted_form},
                         .prepare = prepare,
                         .whole = [](const Coefs&, const Whole& p) {
                           p.update.dtype == Dtype::f32 ? damp<float>(p) : damp<double>(p);
                         }};

Chain chain_of(const Transform& transform) {
  Value all;
  all.word = "all";
  return chain_of_links({Link{&transform, {all}, {}, Selector(all)}});
}

// Both kinds of stream, among everything that they may stand beside.
Chain whole_chain() {
  return Chain("clip_norm(1) | decay(0.01)") | chain_of(kFactored) | Chain("scale(0.5)") |
         chain_of(kCounted) | Chain("momentum(0.9) | lr(0.1) | average");
}

std::map<std::string, Buffer> buffers_of(Optimizer& optimizer) {
  std::map<std::string, Buffer> out;
  for (const StateTensor& tensor : optimizer.state()) out.emplace(tensor.name, tensor.buffer);
  return out;
}

TEST(Streams, HaveTheTypeAndShapeThatTheirRuleSays) {
  Params params = make_params(kSmall, Dtype::f64);
  Optimizer optimizer(params, whole_chain());
  const auto buffers = buffers_of(optimizer);
  EXPECT_EQ(buffers.at("dense.weight/factored.row").shape, Shape{13});
  EXPECT_EQ(buffers.at("dense.weight/factored.column").shape, Shape{11});
  EXPECT_EQ(buffers.at("dense.weight/factored.row").dtype, Dtype::f64);
  EXPECT_EQ(buffers.at("dense.bias/factored.row").shape, Shape{1});
  EXPECT_EQ(buffers.at("dense.weight/counted.count").shape, (Shape{13, 11}));
  EXPECT_EQ(buffers.at("dense.weight/counted.count").dtype, Dtype::u8);
  EXPECT_EQ(buffers.at("dense.weight/counted.count").bytes(), 143u);
  EXPECT_EQ(static_cast<const std::uint8_t*>(buffers.at("dense.bias/counted.count").data)[10], 2);
  EXPECT_EQ(buffers.at("dense.weight/momentum.b").shape, (Shape{13, 11}));
}

TEST(Streams, AreCountedAndExplained) {
  Params params;
  params.add("w", {4, 6}, Role::weight);
  const Chain chain = chain_of(kFactored) | chain_of(kCounted) | Chain("lr(0.1)");
  const Explanation plan = chain.explain(params);
  EXPECT_EQ(plan.phases, 3u);
  EXPECT_EQ(plan.state_bytes, 4u * 4 + 4 * 6 + 24 + 4 * 24)
      << "row, column, bytes and the update between phases";
  EXPECT_EQ(plan.groups[0].phases[0].kind, "form");
  expect_contains(plan.text(), "whole update for factored");
}

// The formulas above, step by step in the plainest way.
TEST(Streams, AreWhatTheRuleMakesOfThem) {
  Params params;
  Parameter& w = params.add("w", {3, 2}, Role::weight, Dtype::f64);
  fill_values(params);
  Optimizer optimizer(params,
                      Chain("scale(2)") | chain_of(kFactored) | chain_of(kCounted) | Chain("lr(0.1)"));
  std::vector<double> value(w.value<double>().begin(), w.value<double>().end());
  std::vector<double> row(3), column(2), seen(6, 2.0);
  for (int k = 0; k < 3; ++k) {
    fill_grads(params, k);
    std::vector<double> u;
    for (const double g : w.grad<double>()) u.push_back(2 * g);
    for (std::size_t i = 0; i < 3; ++i)
      row[i] = kKept * row[i] + (1 - kKept) * (u[2 * i] * u[2 * i] + u[2 * i + 1] * u[2 * i + 1]) / 2;
    for (std::size_t j = 0; j < 2; ++j)
      column[j] =
          kKept * column[j] + (1 - kKept) * (u[j] * u[j] + u[2 + j] * u[2 + j] + u[4 + j] * u[4 + j]) / 3;
    for (std::size_t i = 0; i < 6; ++i) {
      u[i] /= std::sqrt(std::sqrt(row[i / 2] * column[i % 2])) + 1e-3;
      seen[i] += u[i] > 0 ? 1 : 0;
      value[i] -= 0.1 * u[i] / (1 + seen[i]);
    }
    optimizer.step();
    for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(w.value<double>()[i], value[i], 1e-14) << k << " " << i;
  }
}

TEST(Streams, HaveTheSameBitsForAnyThreadsTileAndDevice) {
  for (const Dtype dtype : {Dtype::f32, Dtype::f64}) {
    const auto bits = [&](DeviceMaker maker, int threads, std::size_t tile) {
      Params params = make_params(kLarge, dtype);
      OptimizerOptions options = with_threads(threads);
      options.tile = tile;
      Optimizer optimizer = make_optimizer(params, whole_chain(), options, maker);
      run_steps(params, optimizer, 0, kSteps);
      return all_bits(params, optimizer);
    };
    const std::string one = bits(make_cpu, 1, 256);
    EXPECT_TRUE(bits(make_cpu, 3, 256) == one);
    EXPECT_TRUE(bits(make_cpu, 2, 16) == one);
    EXPECT_TRUE(bits(make_copying_device, 1, 256) == one);
  }
}

// A parameter whose rule needs it whole is whole on one rank.
TEST(Streams, HaveTheSameBitsOnRanks) {
  for (const std::vector<Entry>& entries : {kSmall, kLarge}) {
    const std::string one = [&] {
      Params params = make_params(entries, Dtype::f32);
      Optimizer optimizer(params, whole_chain());
      run_steps(params, optimizer, 0, kSteps);
      return all_bits(params, optimizer);
    }();
    run_ranks(4, [&](TestRank& comm) {  // the mean of four that are equal is that one
      Params params = make_params(entries, Dtype::f32);
      OptimizerOptions options;
      options.comm = &comm;
      Optimizer optimizer(params, whole_chain(), options);
      run_steps(params, optimizer, 0, kSteps);
      gather_state(optimizer);
      if (comm.rank() == 0) {
        EXPECT_TRUE(all_bits(params, optimizer) == one);
      }
    });
  }
}

TEST(Streams, GoThroughACheckpoint) {
  const TestFolder folder;
  const std::filesystem::path file = folder.path() / "a.safetensors";
  Params params = make_params(kSmall, Dtype::f32), others = make_params(kSmall, Dtype::f32);
  Optimizer optimizer(params, whole_chain()), other(others, whole_chain());
  run_steps(params, optimizer, 0, 3);
  save_checkpoint(file, params, optimizer, {});
  load_checkpoint(file, others, other);
  EXPECT_TRUE(all_bits(others, other) == all_bits(params, optimizer));
  run_steps(params, optimizer, 3, 2);
  run_steps(others, other, 3, 2);
  EXPECT_TRUE(all_bits(others, other) == all_bits(params, optimizer));
}

TEST(Streams, OfAnotherShapeAreRefusedByName) {
  const TestFolder folder;
  const std::filesystem::path file = folder.path() / "a.safetensors";
  Params params, others;
  params.add("w", {4, 6}, Role::weight);
  others.add("w", {6, 4}, Role::weight);
  const Chain chain = chain_of(kFactored) | Chain("lr(0.1)");
  Optimizer optimizer(params, chain), other(others, chain);
  save_checkpoint(file, params, optimizer, {});
  const std::string message = error_of(Code::data, [&] { load_checkpoint(file, others, other); });
  expect_contains(message, "`optimizer/w/factored.row` of F32 4 instead of F32 6");
}

TEST(Streams, SurviveAReplan) {
  Params params = make_params(kSmall, Dtype::f32), same = make_params(kSmall, Dtype::f32);
  Optimizer optimizer(params, whole_chain()), plain(same, whole_chain());
  run_steps(params, optimizer, 0, 2);
  run_steps(same, plain, 0, 2);
  params.add("late", {3, 4}, Role::weight);
  optimizer.replan();
  EXPECT_EQ(buffers_of(optimizer).at("late/factored.row").shape, Shape{3});
  params[params.size() - 1].set_absent(true);
  run_steps(params, optimizer, 2, 2);
  run_steps(same, plain, 2, 2);
  const auto now = buffers_of(optimizer);
  for (const auto& [name, buffer] : buffers_of(plain)) {
    EXPECT_TRUE(bits_of(now.at(name).data, buffer.bytes()) == bits_of(buffer.data, buffer.bytes())) << name;
  }
}

}  // namespace
}  // namespace thalweg
