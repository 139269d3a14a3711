#include "thalweg/trace.h"

#include <gtest/gtest.h>

#include <cmath>

#include "params/test_params.h"
#include "thalweg/chain.h"

namespace thalweg {
namespace {

class Tracing : public ::testing::Test {
 protected:
  Tracing() {
    params_.add("w", {2, 3}, Role::weight, Dtype::f64);
    params_.add("b", {1}, Role::bias, Dtype::f64);
    params_.add("kept", {2}, Role::other, Dtype::f64).set_frozen(true);
    fill_numbers(params_[0].value<double>(), 1);
  }

  // What happens to two elements of w, and to b, in the last of some updates.
  TracedUpdate after(const char* chain, int updates) {
    Optimizer optimizer(params_, Chain(chain));
    Tracer tracer(optimizer, elements_of(params_, "all", 2));
    TracedUpdate seen;
    for (int k = 1; k <= updates; ++k) {
      for (Parameter& parameter : params_)
        fill_numbers(parameter.grad<double>(), static_cast<std::uint64_t>(k));
      seen = tracer.after(optimizer.step());
    }
    return seen;
  }

  Params params_;
};

std::vector<std::string> names_of(const std::vector<TracedNumber>& numbers) {
  std::vector<std::string> out;
  for (const TracedNumber& number : numbers) out.push_back(number.name);
  return out;
}
using Names = std::vector<std::string>;

TEST_F(Tracing, AMomentumByHand) {
  const TracedUpdate first = after("momentum(0.5) | lr(0.25)", 1);
  EXPECT_EQ(first.update, 1u);
  EXPECT_EQ(first.lr, 0.25);
  ASSERT_EQ(first.elements.size(), 3u);
  const TracedElement& element = first.elements[1];
  EXPECT_EQ(element.name, "w[0,1]");
  EXPECT_EQ(elements_of(params_, "w", 6)[5].name, "w[1,2]");
  EXPECT_EQ(first.elements[2].name, "b");
  EXPECT_EQ(element.gradient, sample_number(1, 1));
  EXPECT_EQ(names_of(element.state), Names{"b"});
  EXPECT_EQ(element.state[0].value, element.gradient);
  EXPECT_TRUE(element.corrected.empty());
  EXPECT_DOUBLE_EQ(element.step, 0.25 * element.gradient);
  EXPECT_DOUBLE_EQ(element.value, sample_number(1, 1) - 0.25 * element.gradient);
}

TEST_F(Tracing, CorrectionsAreThoseOfTheOptions) {
  const auto corrected = [&](const char* chain) { return names_of(after(chain, 2).elements[0].corrected); };
  EXPECT_EQ(corrected("adam(lr=0.1)"), (Names{"m_hat", "v_hat"}));
  EXPECT_EQ(corrected("adam(lr=0.1, bias_correction=false)"), Names{});
  EXPECT_EQ(corrected("adam(lr=0.1, amsgrad=true)"), (Names{"m_hat", "v_hat", "vmax_hat"}));
  EXPECT_EQ(corrected("adam(lr=0.1, amsgrad=true, amsgrad_form=corrected)"), (Names{"m_hat", "v_hat"}));
  EXPECT_EQ(corrected("rmsprop(lr=0.1)"), Names{});
  EXPECT_EQ(corrected("rmsprop(lr=0.1, centered=true, bias_correction=true)"), (Names{"v_hat", "m_hat"}));
  EXPECT_EQ(corrected("ema | lr(0.1)"), Names{"m_hat"});
  EXPECT_EQ(corrected("ema(debias=false) | lr(0.1)"), Names{});
  EXPECT_EQ(corrected("adan(lr=0.1)"), (Names{"m_hat", "v_hat", "n_hat"}));
  EXPECT_EQ(corrected("lion(lr=0.1)"), Names{});
}

// By the clock of the update: 1 - 0.5^3 after three.
TEST_F(Tracing, ACorrectionCountsTheUpdates) {
  const TracedElement element = after("adam(lr=0.1, beta1=0.5)", 3).elements[0];
  EXPECT_EQ(element.corrected[0].value, element.state[0].value / 0.875);
}

TEST_F(Tracing, NamesThatTwoPartsShareSayWhoseTheyAre) {
  const TracedUpdate seen = after("mars | adan | lr(0.1)", 2);
  EXPECT_EQ(names_of(seen.elements[0].state), (Names{"mars.l", "m", "v", "n", "adan.l"}));
  EXPECT_EQ(names_of(after("ema | ema | lr(0.1)", 1).elements[0].corrected),
            (Names{"ema.m_hat", "ema2.m_hat"}));
}

TEST_F(Tracing, NumbersOfAParameterAndOfTheChainAreSeenToo) {
  EXPECT_EQ(names_of(after("nadam(lr=0.1)", 1).elements[0].state), (Names{"m", "v", "mu_product"}));
  const TracedUpdate seen = after("lr(0.1) | plateau", 1);
  EXPECT_EQ(names_of(seen.numbers),
            (Names{"plateau.rate", "plateau.best", "plateau.bad", "plateau.cooling"}));
  EXPECT_TRUE(seen.elements[0].state.empty());
}

TEST_F(Tracing, ElementsAreSelectedAsByOn) {
  const auto names = [&](const char* of, std::size_t most) {
    Names out;
    for (const ElementPlace& place : elements_of(params_, of, most)) out.push_back(place.name);
    return out;
  };
  EXPECT_EQ(names("all", 1), (Names{"w[0,0]", "b"}));
  EXPECT_EQ(names("weight", 100).size(), 6u);
  EXPECT_EQ(names("[bias, w]", 1), (Names{"w[0,0]", "b"}));
  EXPECT_EQ(names("bias, w", 1), (Names{"w[0,0]", "b"}));
  EXPECT_EQ(names("\"!w\"", 1), Names{"b"});
  expect_contains(usage_error([&] { names("x*", 1); }), "x*");
  for (const char* bad : {"", "a=b", "adam(1)", ")", "a | b"})
    EXPECT_NE(usage_error([&] { names(bad, 1); }), "") << bad;
}

TEST_F(Tracing, ChangesNoBit) {
  const auto bits = [&](bool traced) {
    fill_numbers(params_[0].value<double>(), 1);
    params_[1].value<double>()[0] = 0.5;
    Optimizer optimizer(params_, Chain("nadam | lr(0.1) | average"));
    Tracer tracer(optimizer, elements_of(params_, "all", 6));
    for (int k = 1; k <= 4; ++k) {
      for (Parameter& parameter : params_)
        fill_numbers(parameter.grad<double>(), static_cast<std::uint64_t>(k));
      const Report report = optimizer.step();
      if (traced) tracer.after(report);
    }
    return value_bits(params_[0]) + value_bits(params_[1]);
  };
  EXPECT_EQ(bits(true), bits(false));
}

}  // namespace
}  // namespace thalweg
