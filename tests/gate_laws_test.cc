// Laws of every listed transform behind a gate: a held step changes nothing, and what a gate puts before the
// gradient is not seen behind it.
#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "laws.h"

namespace thalweg {
namespace {

class GateLaws : public Laws {
 protected:
  // Chains without a gate, so that one may stand before them.
  template <class F>
  void for_each_open_chain(const F& f) const {
    if (GetParam()->scope != Scope::gate) for_each_chain(f);
  }
};

INSTANTIATE_TEST_SUITE_P(EveryTransform, GateLaws, testing::ValuesIn(all_transforms()),
                         [](const auto& tested) { return std::string(tested.param->spec.name); });

void set_grad(Parameter& p, std::size_t i, double x) {
  if (p.dtype() == Dtype::f32) p.grad<float>()[i] = static_cast<float>(x);
  if (p.dtype() == Dtype::f64) p.grad<double>()[i] = x;
}

void scale_grads(Params& params, double factor) {
  for (Parameter& p : params) {
    for (std::size_t i = 0; i < p.size(); ++i) {
      const double g = p.dtype() == Dtype::f32 ? p.grad<float>()[i] : p.grad<double>()[i];
      set_grad(p, i, factor * g);
    }
  }
}

// Values and clocks after kSteps gradients, each `factor` times as large.
std::string values_behind(const std::string& gate, const std::string& chain, Dtype dtype, double factor = 1) {
  Params params = make_params(kSmall, dtype);
  Optimizer optimizer(params, Chain(gate + chain));
  std::string out;
  for (int k = 0; k < kSteps; ++k) {
    fill_grads(params, k);
    scale_grads(params, factor);
    optimizer.step();
  }
  for (const Parameter& p : params) out += value_bits(p);
  return out + bits_of(optimizer.clocks().data(), optimizer.clocks().size_bytes());
}

TEST_P(GateLaws, AnOpenGateIsNotSeen) {
  for_each_open_chain([](const std::string& chain, Dtype dtype) {
    const std::string plain = values_behind("", chain, dtype);
    for (const std::string gate : {"accumulate(1) | ", "skip | ", "loss_scale(1) | ",
                                   "skip(what=outlier) | accumulate(1) | loss_scale(1, every=9) | "}) {
      EXPECT_TRUE(values_behind(gate, chain, dtype) == plain) << gate;
    }
  });
}

TEST_P(GateLaws, ALossScaleOfAPowerOfTwoChangesNoBit) {
  for_each_open_chain([](const std::string& chain, Dtype dtype) {
    const std::string plain = values_behind("", chain, dtype);
    EXPECT_TRUE(values_behind("loss_scale(8) | ", chain, dtype, 8) == plain);
  });
}

// The first, middle and last element, one in a vector block and one in the tail.
std::vector<std::size_t> places_in(const Parameter& p) {
  if (p.size() == 0) return {};
  return {0, p.size() / 2, p.size() - 1, std::min<std::size_t>(3, p.size() - 1)};
}

// Poisons each place once; the step must change nothing but the number of skips in a row.
void check_skips(Params& params, Optimizer& optimizer) {
  const std::string before = all_bits(params, optimizer);
  for (Parameter& p : params) {
    for (const std::size_t i : places_in(p)) {
      fill_grads(params, 7);
      set_grad(p, i, i % 2 == 0 ? NAN : -INFINITY);
      const Report report = optimizer.step();
      EXPECT_TRUE(report.skipped && !report.waits);
      EXPECT_EQ(report.nonfinite, 1u);
      EXPECT_EQ(report.nonfinite_parameter, &p);
      EXPECT_EQ(report.nonfinite_index, i);
      for (const StateNumber& number : optimizer.numbers()) {
        if (number.name != "skip.in_a_row") continue;
        EXPECT_EQ(std::exchange(*number.value, 0.0), 1.0);
      }
      EXPECT_TRUE(all_bits(params, optimizer) == before) << p.name() << " at " << i;
    }
  }
}

TEST_P(GateLaws, C7APoisonedGradientIsSkippedWhole) {
  for_each_open_chain([](const std::string& chain, Dtype dtype) {
    Params params = make_params(kSmall, dtype);
    Optimizer optimizer(params, Chain("skip | " + chain));
    run_steps(params, optimizer, 0, 2);
    check_skips(params, optimizer);
  });
}

TEST_P(GateLaws, GradientsThatPassAreCountedOnce) {
  for_each_open_chain([](const std::string& chain, Dtype dtype) {
    Params params = make_params(kSmall, dtype);
    Optimizer optimizer(params, Chain("skip(most=0, then=pass) | " + chain));
    fill_grads(params, 0);
    set_grad(params[0], 5, NAN);
    set_grad(params[3], 1, INFINITY);
    const Report report = optimizer.step();
    EXPECT_EQ(report.nonfinite, 2u);
    EXPECT_EQ(report.nonfinite_parameter, &params[0]);
    EXPECT_FALSE(report.skipped);
  });
}

bool all_grads_are_zero(const Params& params) {
  for (const Parameter& p : params) {
    for (std::size_t i = 0; i < p.size(); ++i) {
      if ((p.dtype() == Dtype::f32 ? p.grad<float>()[i] : p.grad<double>()[i]) != 0.0) return false;
    }
  }
  return true;
}

TEST_P(GateLaws, ZeroedGradientsChangeNoBit) {
  for_each_chain([](const std::string& chain, Dtype dtype) {
    for (OptimizerOptions options : {with_threads(3), with_statistics(1)}) {
      const std::vector<Entry>& entries = options.threads == 3 ? kLarge : kSmall;
      const std::string kept = run(entries, dtype, chain, options);
      options.zero_grad = true;
      EXPECT_TRUE(run(entries, dtype, chain, options) == kept);
    }
    Params params = make_params(kSmall, dtype);
    OptimizerOptions options;
    options.zero_grad = true;
    Optimizer optimizer(params, Chain(chain), options);
    run_steps(params, optimizer, 0, 1);
    EXPECT_TRUE(all_grads_are_zero(params));
  });
}

// `name` begins the numbers and state of another transform of the chain, whose bits count.
TEST_P(GateLaws, AGivenNormIsTheSameBitsAsAMeasuredOne) {
  for_each_open_chain([](const std::string& rest, Dtype dtype) {
    for (const std::string& chain : {rest, "clip_norm(2) | " + rest, "normalize(beta=0.5) | " + rest}) {
      Params one = make_params(kSmall, dtype), other = make_params(kSmall, dtype);
      OptimizerOptions options;
      options.grad_norm = true;
      Optimizer measures(one, Chain(chain), options), told(other, Chain(chain));
      for (int k = 0; k < kSteps; ++k) {
        fill_grads(one, k);
        fill_grads(other, k);
        const double norm = measures.step().grad_norm;
        EXPECT_EQ(told.step({.grad_norm = norm}).grad_norm, norm);
      }
      EXPECT_TRUE(all_bits(other, told) == all_bits(one, measures)) << chain;
    }
  });
}

}  // namespace
}  // namespace thalweg
