// The terms of a loss: what they are worth, and what they do to a step.
#include "losses/terms.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "losses/term.h"
#include "params/test_params.h"
#include "thalweg/loss.h"
#include "thalweg/optimizer.h"

namespace thalweg {

std::uint64_t allocations();  // of the test program: tests/allocations.h

namespace {

Loss with(const std::string& terms) { return Loss("mse | " + terms); }

// A matrix, a bias and a norm of three elements each, with gradients of 1.
struct Bench {
  explicit Bench(Dtype dtype = Dtype::f64) {
    params.add("a.weight", {3, 1}, Role::weight, dtype);
    params.add("a.bias", {3}, Role::bias, dtype);
    params.add("b.scale", {3}, Role::norm, dtype);
    for (Parameter& p : params) {
      if (dtype == Dtype::f64) {
        std::ranges::copy(std::vector<double>{1, -2, 3}, p.value<double>().begin());
        std::ranges::fill(p.grad<double>(), 1.0);
      } else {
        std::ranges::copy(std::vector<float>{1, -2, 3}, p.value<float>().begin());
        std::ranges::fill(p.grad<float>(), 1.0f);
      }
    }
  }

  std::vector<double> grad(std::size_t i) {
    const auto g = params[i].grad<double>();
    return {g.begin(), g.end()};
  }

  Params params;
};

TEST(Terms, ByHand) {
  Bench bench;
  EXPECT_EQ(Loss("mse").penalty(bench.params), 0.0);
  EXPECT_DOUBLE_EQ(with("l2(0.5)").penalty(bench.params), 3 * 0.25 * 14);
  EXPECT_DOUBLE_EQ(with("l1(0.5)").penalty(bench.params), 3 * 0.5 * 6);
  EXPECT_DOUBLE_EQ(with("elastic(0.5, ratio=0.25)").penalty(bench.params),
                   3 * 0.5 * (0.25 * 6 + 0.75 / 2 * 14));
  EXPECT_DOUBLE_EQ(with("l2(0.5) | l1(2, on=bias) | l2(1, on=\"b.*\")").penalty(bench.params),
                   3 * 0.25 * 14 + 12 + 7);
  with("l2(0.5) | l1(2, on=bias)").add_penalty_gradient(bench.params);
  EXPECT_EQ(bench.grad(0), (std::vector<double>{1.5, 0, 2.5}));
  EXPECT_EQ(bench.grad(1), (std::vector<double>{3.5, -2, 4.5}));
  with("elastic(0.5)").add_penalty_gradient(bench.params);
  EXPECT_EQ(bench.grad(2), (std::vector<double>{1.5 + 0.5, 0 - 0.75, 2.5 + 1}));
}

TEST(Terms, SelectAsTransformsDo) {
  Bench bench;
  const auto penalty = [&](const std::string& text) { return with(text).penalty(bench.params); };
  EXPECT_DOUBLE_EQ(penalty("l2(2, on=matrices)"), 14);
  EXPECT_DOUBLE_EQ(penalty("l2(2, on=[bias, norm])"), 28);
  EXPECT_DOUBLE_EQ(penalty("l2(2, on=a.*)"), 28);
  EXPECT_DOUBLE_EQ(penalty("l2(2, on=embedding)"), 0);
  EXPECT_DOUBLE_EQ(penalty("l2(2, on=weight) | l2(4, on=rest)"), 14 + 56);
  EXPECT_DOUBLE_EQ(penalty("l2(2, on=weight) | l1(1, on=rest)"), 14 + 18);  // rest of the l1s
  bench.params[1].set_frozen(true);
  bench.params[2].set_absent(true);
  EXPECT_DOUBLE_EQ(penalty("l2(2)"), 14);
  with("l2(2)").add_penalty_gradient(bench.params);
  EXPECT_EQ(bench.grad(0), (std::vector<double>{3, -3, 7}));
  EXPECT_EQ(bench.grad(1), std::vector<double>(3, 1.0));
  EXPECT_EQ(bench.grad(2), std::vector<double>(3, 1.0));
}

TEST(Terms, AParameterWithoutGradientMemoryIsAbsent) {
  std::vector<double> memory = {1, 2};
  Params params;
  params.adopt("w", {2}, memory.data(), nullptr);
  EXPECT_EQ(with("l2(2)").penalty(params), 0.0);
  with("l2(2)").add_penalty_gradient(params);
}

TEST(Terms, APatternThatMatchesNothingIsAnErrorThatNamesIt) {
  Bench bench;
  const Loss loss = with("l2(1) | l1(1, on=[bias, a.wieght])");
  for (const std::string& text :
       {usage_error([&] { loss.check(bench.params); }), usage_error([&] { loss.penalty(bench.params); }),
        usage_error([&] { loss.add_penalty_gradient(bench.params); })}) {
    expect_contains(text, "`on` of `l1` matches no parameter");
    expect_contains(text, "`a.wieght`");
    expect_contains(text, "did you mean `a.weight`?");
  }
  EXPECT_EQ(bench.grad(0), std::vector<double>(3, 1.0));
  EXPECT_NO_THROW(with("l1(1, on=a.weight)").check(bench.params));
}

TEST(Terms, TextsThatAreNoneGetACaret) {
  const auto error = [](const std::string& text) { return usage_error([&] { Loss loss(text); }); };
  expect_contains(error("l2(1e-4)"), "comes after the loss");
  expect_contains(error("l2(1e-4)"), "try `cross_entropy | l2(1e-4)`");
  expect_contains(error("mse | mse"), "more than one loss");
  expect_contains(error("mse | ll2(1)"), "(see `thalweg list losses`)");
  expect_contains(error("mse | ll2(1)"),
                  "did you mean `l2`? (see `thalweg list losses`)\n  mse | ll2(1)\n        ^");
  expect_contains(error("mse | l2"), "`l2` needs `rate`");
  expect_contains(error("mse | l2(-1)"), "at least 0");
  expect_contains(error("mse | elastic(1, ratio=1.5)"), "`ratio`");
  expect_contains(error("mse | l2(1, weight)"), "on");
  EXPECT_EQ(with("elastic( rate=1e-3, on=\"bias\" )|l1(2)").text(),
            "mse | elastic(0.001, on=\"bias\") | l1(2)");
  EXPECT_EQ(with("elastic(1e-3)").text(true), "mse | elastic(0.001, ratio=0.5, on=all)");
  for (const Spec* spec : term_specs()) {
    const std::string text = with(std::string(spec->name) + "(0.25)").text(true);
    EXPECT_EQ(Loss(text).text(true), text);
  }
}

// Gradients of every listed term against central differences, over sizes that are no whole blocks.
TEST(Terms, GradientsOfAllAreThoseOfCentralDifferences) {
  ASSERT_GE(term_specs().size(), 3u);
  for (const Spec* spec : term_specs()) {
    const Loss loss = with(std::string(spec->name) + "(0.75)");
    for (const std::int64_t size : {1, 7, 33, 2049}) {
      Params params;
      Parameter& p = params.add("w", {size}, Role::weight, Dtype::f64);
      fill_numbers(p.value<double>(), 3);
      loss.add_penalty_gradient(params);
      for (std::size_t i = 0; i < p.size(); i += 1 + p.size() / 40) {
        constexpr double kStep = 1e-4;
        const double at = p.value<double>()[i];
        p.value<double>()[i] = at + kStep;
        const double above = loss.penalty(params);
        p.value<double>()[i] = at - kStep;
        const double wanted = (above - loss.penalty(params)) / (2 * kStep);
        p.value<double>()[i] = at;
        EXPECT_NEAR(p.grad<double>()[i], wanted, 1e-6 * std::abs(wanted))
            << spec->name << " " << size << " " << i;
      }
    }
  }
}

TEST(Terms, HaveNoGradientAtZeroAndKeepANan) {
  for (const Spec* spec : term_specs()) {
    const Loss loss = with(std::string(spec->name) + "(0.75)");
    OneParameter<float> w({0.0f, -0.0f, NAN, 1.0f});
    loss.add_penalty_gradient(w.params());
    const auto g = w.params()[0].grad<float>();
    EXPECT_EQ(g[0], 0.0f) << spec->name;
    EXPECT_EQ(g[1], 0.0f) << spec->name;
    EXPECT_TRUE(std::isnan(g[2])) << spec->name;
    EXPECT_EQ(g[3], 0.75f) << spec->name;
    EXPECT_TRUE(std::isnan(loss.penalty(w.params()))) << spec->name;
  }
}

// A large sum of f32 keeps its digits, and is the same sum every time.
TEST(Terms, SumInDoubleByFixedBlocks) {
  constexpr std::int64_t kSize = 1000003;
  Params params;
  Parameter& p = params.add("w", {kSize}, Role::weight);
  std::ranges::fill(p.value<float>(), 0.1f);
  const double square = static_cast<double>(0.1f) * static_cast<double>(0.1f);
  EXPECT_NEAR(with("l2(2)").penalty(params), kSize * square, 1e-12 * kSize * square);
  EXPECT_EQ(with("l2(2)").penalty(params), with("l2(2)").penalty(params));
}

TEST(Terms, ARateOfZeroIsNoTerm) {
  OneParameter<float> w({INFINITY, 1.0f});
  with("l2(0) | l1(0)").add_penalty_gradient(w.params());
  EXPECT_EQ(w.params()[0].grad<float>()[0], 0.0f);
  EXPECT_EQ(with("l2(0)").penalty(w.params()), 0.0);
}

TEST(Terms, AllocateNothing) {
  Bench bench;
  const Loss loss = with("l2(1e-4, on=a.*) | elastic(1e-3, on=rest)"), bare("mse");
  const std::uint64_t before = allocations();
  loss.penalty(bench.params);
  loss.add_penalty_gradient(bench.params);
  bare.penalty(bench.params);
  bare.add_penalty_gradient(bench.params);
  EXPECT_EQ(allocations() - before, 0u);
}

// Parameters under a chain for some steps, with gradients of all sizes, exact zeros and denormal numbers.
template <class T>
std::string trajectory(const std::string& chain, const std::string& loss_text) {
  Params params;
  for (const std::int64_t size : {1, 17, 4099}) {
    Parameter& p = params.add("w" + std::to_string(size), {size}, Role::weight, kDtype<T>);
    fill_numbers(p.value<T>(), static_cast<std::uint64_t>(size));
  }
  const Loss loss(loss_text);
  Optimizer optimizer(params, Chain(chain));
  for (std::uint64_t step = 0; step < 40; ++step) {
    for (Parameter& p : params) {
      for (std::size_t i = 0; i < p.size(); ++i) {
        const double size = i % 5 == 0 ? 0.0 : std::exp2(-static_cast<double>((7 * i + step) % 140));
        p.grad<T>()[i] = static_cast<T>(size * sample_number(step, i));
      }
    }
    params[0].set_absent(step % 3 == 1);
    loss.add_penalty_gradient(params);
    optimizer.step();
  }
  std::string bits;
  for (const Parameter& p : params) bits += value_bits(p);
  return bits;
}

template <class T>
void expect_l2_is_decay(const std::string& rate, const std::string& rest) {
  EXPECT_EQ(trajectory<T>(rest, "mse | l2(" + rate + ")"),
            trajectory<T>("decay(" + rate + ") | " + rest, "mse"))
      << rest;
}

template <class T>
void expect_l2_is_decay_left_of_rules() {
  for (const char* rest :
       {"adam | lr(1e-3)", "adam(beta2=0.95) | decay(0.1) | lr(cosine(0.01, total=40))",
        "momentum(0.9) | lr(0.1)", "momentum(0.9, nesterov=true) | lr(0.1)", "momentum | adam | lr(1e-2)"}) {
    expect_l2_is_decay<T>("0.01", rest);
  }
  // Without a rule lr and decay fold into one step p - (a g + a b p), which rounds a b; powers of two do not.
  expect_l2_is_decay<T>("0.0078125", "lr(0.125)");
}

TEST(Terms, L2IsDecayLeftOfARuleToTheBit) {
  expect_l2_is_decay_left_of_rules<float>();
  expect_l2_is_decay_left_of_rules<double>();
  EXPECT_NE(trajectory<float>("adam | lr(1e-3)", "mse | l2(0.01)"),
            trajectory<float>("adam | lr(1e-3)", "mse"));
}

TEST(Terms, L2IsDecayWithPlainGradientDescentUpToRounding) {
  const auto last = [](const std::string& chain, const std::string& loss_text) {
    OneParameter<double> w({1.0, -0.5, 0.3});
    Optimizer optimizer(w.params(), Chain(chain));
    for (std::uint64_t step = 0; step < 40; ++step) {
      fill_numbers(w.params()[0].grad<double>(), step);
      Loss(loss_text).add_penalty_gradient(w.params());
      optimizer.step();
    }
    return w.value();
  };
  const std::vector<double> term = last("lr(0.1)", "mse | l2(0.01)"),
                            decay = last("decay(0.01) | lr(0.1)", "mse");
  for (std::size_t i = 0; i < term.size(); ++i) EXPECT_NEAR(term[i], decay[i], 1e-14) << i;
}

}  // namespace
}  // namespace thalweg
