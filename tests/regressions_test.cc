// Faults that users of other libraries have reported, each named after what must hold instead. The numbers in
// comments are of those reports.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "params/test_params.h"
#include "thalweg/optimizer.h"

namespace thalweg {
namespace {

Schedule schedule(std::string_view text) { return Schedule(text); }

double ulp_of(double x) { return std::nextafter(std::abs(x), INFINITY) - std::abs(x); }

// B1: flashlight#143, DeepSpeed#1643
TEST(Regressions, B1TheFirstAdamStepIsTheRateForEveryParameter) {
  Params params;
  for (const char* name : {"a", "b", "c"}) params.add(name, {5}, Role::weight, Dtype::f64);
  for (Parameter& p : params) std::fill_n(p.grad<double>().data(), 5, 1.0);
  Optimizer optimizer(params, Chain("adam(lr=0.001)"));
  optimizer.step();
  const double want = -0.001 / (1 + 1e-8);
  for (Parameter& p : params) {
    for (const double x : p.value<double>()) EXPECT_NEAR(x, want, 2 * ulp_of(want)) << p.name();
  }
}

TEST(Regressions, IdenticalParametersStayIdentical) {
  Params params;
  for (const char* name : {"a", "b", "c"}) params.add(name, {37}, Role::weight);
  Optimizer optimizer(params, Chain("clip_norm(1) | adamw(lr=0.01)"));
  for (unsigned k = 0; k < 100; ++k) {
    for (Parameter& p : params) fill_numbers(p.grad<float>(), k);
    optimizer.step();
  }
  EXPECT_EQ(value_bits(params[0]), value_bits(params[1]));
  EXPECT_EQ(value_bits(params[0]), value_bits(params[2]));
}

// B2: flashlight#143, pytorch-a3c#12
TEST(Regressions, B2TheStepCountRisesByOneAStep) {
  Params params;
  for (int i = 0; i < 9; ++i)
    params.add("p" + std::to_string(i), {20000}, i % 2 == 0 ? Role::weight : Role::bias);
  OptimizerOptions options;
  options.threads = 3;
  Optimizer optimizer(params, Chain("clip_norm(1) | adam(on=bias) | momentum(on=rest) | lr(0.1)"), options);
  for (std::uint64_t k = 1; k <= 5; ++k) {
    EXPECT_EQ(optimizer.step().update, k);
    for (const std::uint64_t clock : optimizer.clocks()) EXPECT_EQ(clock, k);
  }
}

// B3: convnetjs#70, caffe#4224
TEST(Regressions, B3BiasCorrectionTendsToOneAtAnyStep) {
  for (const std::uint64_t t : {std::uint64_t{1} << 31, std::uint64_t{1} << 53, UINT64_MAX - 1}) {
    OneParameter<double> one({0.0});
    one.set_grad({2.0});
    Optimizer optimizer(one.params(), Chain("adam | lr(1)"));
    optimizer.clocks()[0] = t;
    optimizer.set_updates(t);
    optimizer.step();
    const double want = -(0.1 * 2) / (std::sqrt(0.001) * 2 + 1e-8);  // the averages as they are
    EXPECT_NEAR(one.value()[0], want, 1e-14) << t;
    EXPECT_EQ(optimizer.clocks()[0], t + 1);
  }
}

// B4: nntrainer#3527, Paddle#5836
TEST(Regressions, B4DecoupledDecayShrinksWithoutAGradient) {
  OneParameter<double> one({3.0, -0.7, 1e-20, 1e20});
  Optimizer optimizer(one.params(), Chain("adam | decay(0.1) | lr(0.01)"));
  for (int k = 0; k < 50; ++k) {
    const std::vector<double> before = one.value();
    optimizer.step();
    for (std::size_t i = 0; i < before.size(); ++i) {
      EXPECT_NEAR(one.value()[i], (1 - 0.001) * before[i], ulp_of(before[i]));
    }
  }
}

TEST(Regressions, L2InAdamMovesByAboutTheRateWithoutAGradient) {
  OneParameter<double> with({3.0, -0.7}), without({3.0, -0.7});
  Optimizer(with.params(), Chain("adam(lr=0.01, decay=0.1)")).step();
  EXPECT_NEAR(with.value()[0], 2.99, 1e-8);
  EXPECT_NEAR(with.value()[1], -0.69, 1e-8);
  Optimizer(without.params(), Chain("adam(lr=0.01)")).step();
  EXPECT_EQ(without.value(), (std::vector<double>{3.0, -0.7}));
}

// Adam in plain double, with decay d in one of three places.
enum class Place { left_of_adam, left_of_lr, right_of_lr };

std::vector<double> plain_adam(Place place, double d, const Schedule& rate, int steps) {
  double p = 1.5, m = 0, v = 0;
  std::vector<double> out;
  for (int k = 0; k < steps; ++k) {
    double g = sample_number(5, static_cast<std::uint64_t>(k));
    if (place == Place::left_of_adam) g += d * p;
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    double u = m / (1 - std::pow(0.9, k + 1)) / (std::sqrt(v / (1 - std::pow(0.999, k + 1))) + 1e-8);
    if (place == Place::left_of_lr) u += d * p;
    u *= rate(static_cast<std::uint64_t>(k));
    if (place == Place::right_of_lr) u += d * p;
    out.push_back(p -= u);
  }
  return out;
}

std::vector<double> engine_adam(const std::string& chain, int steps) {
  OneParameter<double> one({1.5});
  Optimizer optimizer(one.params(), Chain(chain));
  std::vector<double> out;
  for (int k = 0; k < steps; ++k) {
    one.set_grad({sample_number(5, static_cast<std::uint64_t>(k))});
    optimizer.step();
    out.push_back(one.value()[0]);
  }
  return out;
}

// B5: apex#1849, tensorflow/addons#2282, neural-fortran#152
TEST(Regressions, B5WhereDecayStandsIsWhatItMeans) {
  constexpr int kSteps = 60;
  const std::string rate = "cosine(0.05, total=60, warmup=5)";
  const std::pair<Place, std::string> cases[] = {
      {Place::left_of_adam, "decay(0.3) | adam | lr(" + rate + ")"},
      {Place::left_of_lr, "adam | decay(0.3) | lr(" + rate + ")"},
      {Place::right_of_lr, "adam | lr(" + rate + ") | decay(0.3)"},
  };
  std::vector<double> ends;
  for (const auto& [place, chain] : cases) {
    const std::vector<double> want = plain_adam(place, 0.3, schedule(rate), kSteps);
    const std::vector<double> got = engine_adam(chain, kSteps);
    for (std::size_t k = 0; k < want.size(); ++k)
      EXPECT_NEAR(got[k], want[k], 1e-13) << chain << " after " << k;
    ends.push_back(got.back());
  }
  EXPECT_GT(std::abs(ends[0] - ends[1]), 1e-3);
  EXPECT_GT(std::abs(ends[1] - ends[2]), 1e-3);
  EXPECT_GT(std::abs(ends[0] - ends[2]), 1e-3);
}

// B6: pytorch#15530
TEST(Regressions, B6MomentumIsNotScaledByThePastRate) {
  OneParameter<double> one({0.0});
  one.set_grad({1.0});
  Optimizer optimizer(one.params(), Chain("momentum(0.9) | lr(linear(0.1, total=1, floor=0.01))"));
  optimizer.step();
  EXPECT_EQ(one.value()[0], -0.1);
  optimizer.step();
  EXPECT_NEAR(one.value()[0], -0.119, 1e-16);
}

// B7: pytorch#23796, chainer#4754, jax#1427
TEST(Regressions, B7WhereEpsStandsIsAChoice) {
  const auto moved_by = [](const std::string& rule) {
    Params params;
    Parameter& p = params.add("p", {1}, Role::weight, Dtype::f64);
    p.grad<double>()[0] = 2;
    Optimizer(params, Chain(rule + " | lr(1)")).step();
    return -p.value<double>()[0];
  };
  EXPECT_DOUBLE_EQ(moved_by("rmsprop(alpha=0.9, eps=1)"), 1.2251482265544136);
  EXPECT_DOUBLE_EQ(moved_by("rmsprop(alpha=0.9, eps=1, eps_place=inside)"), 1.6903085094570331);
  EXPECT_DOUBLE_EQ(moved_by("adagrad(eps=1)"), 2.0 / 3.0);
  EXPECT_DOUBLE_EQ(moved_by("adagrad(eps=1, eps_place=inside)"), 2.0 / std::sqrt(5.0));
  for (const char* chain : {"adam(eps=1e-8)", "rmsprop(eps=1e-8)", "adagrad(eps=1e-10)"}) {  // the defaults
    const std::string name = std::string(chain).substr(0, std::string(chain).find('('));
    EXPECT_EQ(Chain(std::string(chain) + " | lr(1)").text(), Chain(name + " | lr(1)").text());
  }
}

// B6, with rates 0.1 and 0.01: the rate inside the sum
TEST(Regressions, B6TheRateMayStandInsideTheSum) {
  for (const bool inside : {false, true}) {
    Params params;
    Parameter& p = params.add("p", {1}, Role::weight, Dtype::f64);
    const std::string option = inside ? "0.9, rate_inside=true" : "0.9";
    Optimizer optimizer(params, Chain("momentum(" + option + ") | lr(step(0.1, every=1, gamma=0.1))"));
    for (int k = 0; k < 2; ++k) {
      p.grad<double>()[0] = 1;
      optimizer.step();
    }
    EXPECT_NEAR(p.value<double>()[0], inside ? -0.2 : -0.119, 1e-15);
  }
}

// B12: dlib#680
TEST(Regressions, B12AnOptionThatNothingReadsIsAnError) {
  expect_contains(usage_error([] { Chain("adam(momentum=0.9) | lr(1)"); }), "no such option");
  expect_contains(usage_error([] { Chain("adam(amsgrad_form=corrected) | lr(1)"); }), "`amsgrad` as well");
  expect_contains(usage_error([] { Chain("rmsprop(rate_inside=true) | lr(1)"); }), "`momentum` as well");
  expect_contains(usage_error([] { Chain("momentum(first_step=dampened) | lr(1)"); }), "`dampening` as well");
  expect_contains(usage_error([] { Chain("adamw(lr=1, amsgrad_form=corrected)"); }), "`amsgrad` as well");
  expect_contains(usage_error([] { Chain("sgd(lr=1, dampening=0.5)"); }), "`momentum` as well");
  EXPECT_NO_THROW(Chain("adam(amsgrad=false, amsgrad_form=raw) | lr(1)"));
}

// B11: pytorch#141884
TEST(Regressions, B11AGroupHasItsOwnRateEvenIfThatIsZero) {
  Params params;
  params.add("w", {2, 2}, Role::weight);
  params.add("b", {2}, Role::bias);
  for (Parameter& p : params) std::fill(p.grad<float>().begin(), p.grad<float>().end(), 1.0f);
  Optimizer optimizer(params, Chain("adam | decay(0.5, on=weight) | lr(0, on=weight) | lr(1, on=bias)"));
  optimizer.step();
  EXPECT_EQ(params[0].value<float>()[0], 0.0f);
  EXPECT_NEAR(params[1].value<float>()[0], -1.0f, 1e-6f);
}

// B15: pytorch#7844, pytorch#3056
TEST(Regressions, B15AMovedBufferIsReboundByName) {
  std::vector<float> old(4, 1.0f), grad(4, 1.0f), moved(4, 2.0f), moved_grad(4, 1.0f);
  Params params;
  params.adopt("w", {4}, old.data(), grad.data());
  params.add("own", {4}, Role::weight);
  Optimizer optimizer(params, Chain("momentum(0.5) | lr(1)"));
  optimizer.step();
  params.rebind("w", moved.data(), moved_grad.data());
  optimizer.step();
  EXPECT_EQ(old[0], 0.0f);
  EXPECT_EQ(moved[0], 2.0f - 1.5f);             // the sum goes on
  params.rebind("w", old.data(), grad.data());  // its first memory is free again
  expect_contains(usage_error([&] { params.rebind("w", grad.data(), grad.data()); }), "overlap");
  expect_contains(usage_error([&] { params.rebind("w", params[1].value<float>().data(), nullptr); }),
                  "overlaps that of `own`");
  EXPECT_EQ(params[0].value<float>().data(), old.data());
  usage_error([&] { params.rebind("own", moved.data(), nullptr); });
  std::vector<double> other(4);
  usage_error([&] { params.rebind("w", other.data(), nullptr); });
  expect_contains(usage_error([&] { params.rebind("own2", moved.data(), nullptr); }), "did you mean `own`?");
}

// C8: llama.cpp#3940 came of such builds
TEST(Regressions, C8NanIsFoundWhateverTheCallerIsCompiledWith) {
  // Bits, so that no flag of a compiler folds them away; the library tests in its own files.
  const std::uint32_t bits = 0x7fc00001;
  Params params;
  Parameter& p = params.add("w", {5}, Role::weight);
  std::memcpy(p.grad<float>().data() + 4, &bits, sizeof bits);
  Optimizer optimizer(params, Chain("adam | lr(1)"));
  EXPECT_EQ(optimizer.step().nonfinite, 1u);
}

// B8: pytorch#150610, pytorch#38581
TEST(Regressions, B8AbsentZeroAndFrozenAreThreeThings) {
  Params params;
  for (const char* name : {"absent", "zero", "frozen"}) {
    Parameter& p = params.add(name, {3}, Role::other, Dtype::f64);
    std::fill_n(p.value<double>().data(), 3, 2.0);
    std::fill_n(p.grad<double>().data(), 3, 1.0);
  }
  params.find("frozen")->set_frozen(true);
  Optimizer optimizer(params, Chain("adam | decay(0.1) | lr(0.1)"));
  EXPECT_EQ(optimizer.state().size(), 4u);
  optimizer.step();
  const std::string absent = value_bits(params[0]);
  const double m = static_cast<double*>(optimizer.state()[2].buffer.data)[0];
  params.find("absent")->set_absent(true);
  std::fill_n(params[1].grad<double>().data(), 3, 0.0);
  optimizer.step();
  EXPECT_EQ(value_bits(params[0]), absent);
  EXPECT_DOUBLE_EQ(static_cast<double*>(optimizer.state()[2].buffer.data)[0], 0.9 * m);
  EXPECT_EQ(params[2].value<double>()[0], 2.0);
  EXPECT_EQ(optimizer.clocks()[0], 1u);
  EXPECT_EQ(optimizer.clocks()[1], 2u);
  EXPECT_EQ(optimizer.clocks()[2], 0u);
}

// B9: pytorch#40967, DeepSpeed#195
TEST(Regressions, B9OneBufferIsOneParameter) {
  std::vector<float> memory(30);
  Params params;
  params.adopt("tied", {10}, &memory[0], &memory[10]);
  const std::string error = usage_error([&] { params.adopt("again", {10}, &memory[0], &memory[20]); });
  expect_contains(error, "`tied`");
  expect_contains(error, "`again`");
  expect_contains(usage_error([&] { params.adopt("tied", {5}, &memory[20], &memory[25]); }), "`tied`");
}

// B10: Fast-LLM#545, pytorch#1402
TEST(Regressions, B10AdamwDecaysMatricesAndEmbeddingsOnly) {
  const std::tuple<const char*, Shape, Role, bool> table[] = {
      {"dense.weight", {4, 3}, Role::weight, true}, {"conv.weight", {2, 2, 3, 3}, Role::weight, true},
      {"gain", {3}, Role::weight, false},           {"dense.bias", {3}, Role::bias, false},
      {"norm.scale", {3}, Role::norm, false},       {"table", {9, 3}, Role::embedding, true},
      {"temperature", {}, Role::other, false}};
  Params params;
  for (const auto& [name, shape, role, decayed] : table) {
    const std::span<double> value = params.add(name, shape, role, Dtype::f64).value<double>();
    std::fill(value.begin(), value.end(), 1.0);
  }
  Optimizer(params, Chain("adamw(lr=0.1, decay=0.1)")).step();
  for (const auto& [name, shape, role, decayed] : table) {
    EXPECT_EQ(params.find(name)->value<double>()[0] < 1.0, decayed) << name;
  }
}

// B16: mmdetection#6599
TEST(Regressions, B16ARateOfZeroChangesNothing) {
  OneParameter<float> one({1.5f, -2.0f});
  one.set_grad({1.0f, 1.0f});
  Optimizer optimizer(one.params(), Chain("decay(0.1) | adam | decay(0.1) | lr(0)"));
  for (int k = 0; k < 10; ++k) optimizer.step();
  EXPECT_EQ(one.value(), (std::vector<float>{1.5f, -2.0f}));
}

// C1: optax#1754, optax#1789
TEST(Regressions, C1AZeroGradientIsAZeroUpdate) {
  OneParameter<float> one({1.5f, -2.0f});
  Optimizer optimizer(one.params(), Chain("adam | lr(0.1)"));
  for (int k = 0; k < 3; ++k) optimizer.step();
  EXPECT_EQ(one.value(), (std::vector<float>{1.5f, -2.0f}));
}

// C2: burn#5699, fairscale#263
TEST(Regressions, C2ClippingKeepsItsDigits) {
  const auto clipped = [](const std::vector<float>& grad, double& norm) {
    OneParameter<float> one(std::vector<float>(grad.size()));
    one.set_grad(grad);
    norm = Optimizer(one.params(), Chain("clip_norm(1) | lr(1)")).step().grad_norm;
    return -one.value()[0];
  };
  double norm = 0;
  EXPECT_NEAR(clipped({300}, norm), 1.0, 1e-7);
  EXPECT_EQ(norm, 300.0);
  EXPECT_NEAR(clipped(std::vector<float>(1000000, 6e4f), norm), 1e-3, 1e-9);
  EXPECT_DOUBLE_EQ(norm, 6e7);
  EXPECT_EQ(clipped({1e-30f}, norm), 1e-30f);
  EXPECT_NEAR(norm, 1e-30, 1e-37);
  EXPECT_NEAR(clipped({5e37f, 5e37f}, norm), std::sqrt(0.5), 1e-7);
}

// C3: pytorch#53843
TEST(Regressions, C3ClippingReportsTheNormAsItCame) {
  OneParameter<double> one({0, 0, 0});
  one.set_grad({3, 4, 12});
  Optimizer optimizer(one.params(), Chain("clip_norm(1) | lr(1)"));
  EXPECT_EQ(optimizer.step().grad_norm, 13.0);
  EXPECT_NEAR(std::hypot(one.value()[0], one.value()[1], one.value()[2]), 1.0, 1e-6);
}

TEST(Regressions, ANormThatIsNotFiniteScalesNothing) {
  for (const char* form : {"torch", "optax"}) {
    for (const double bad : {static_cast<double>(INFINITY), static_cast<double>(NAN)}) {
      OneParameter<double> one({0, 0, 0});
      one.set_grad({3, bad, 12});
      Optimizer optimizer(one.params(), Chain(std::string("clip_norm(1, form=") + form + ") | lr(1)"));
      EXPECT_FALSE(std::isfinite(optimizer.step().grad_norm));
      EXPECT_EQ(one.value()[0], -3.0);
      EXPECT_EQ(one.value()[2], -12.0);
    }
  }
}

// C9: lbann#56, chainer#2554
TEST(Regressions, C9AMovingAverageFadesToZeroAndDoesNotStick) {
  OneParameter<float> one({0.0f, 0.0f, 0.0f});
  one.set_grad({1.0f, -1.0f, 1e-30f});
  Optimizer optimizer(one.params(), Chain("momentum(0.9) | lr(1e-3)"));
  optimizer.step();
  one.set_grad({0.0f, 0.0f, 0.0f});
  for (int k = 0; k < 1000; ++k) optimizer.step();
  const float* b = static_cast<const float*>(optimizer.state()[0].buffer.data);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(b[i], 0.0f);
}

// C9, on every thread
TEST(Regressions, C9DenormalsAreZeroOnEveryThread) {
  const auto train = [](int threads) {
    Params params;
    Parameter& p = params.add("p", {80000}, Role::weight);
    OptimizerOptions options;
    options.threads = threads;
    Optimizer optimizer(params, Chain("momentum(0.9) | lr(1e30)"), options);
    for (float& g : p.grad<float>()) g = 2e-38f;
    optimizer.step();
    std::fill_n(p.grad<float>().data(), p.size(), 0.0f);
    for (int k = 0; k < 20; ++k) optimizer.step();
    return std::vector<float>(p.value<float>().begin(), p.value<float>().end());
  };
  const std::vector<float> one = train(1);
  EXPECT_TRUE(std::all_of(one.begin(), one.end(), [&](float x) { return x == one[0]; }));
  for (const int threads : {2, 3}) EXPECT_TRUE(train(threads) == one) << threads;
}

// D1: pytorch#191763
TEST(Regressions, D1EveryElementMovesWhereverItStands) {
  std::vector<float> value(1100), grad(1100);
  for (const std::size_t size : {0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 32, 35, 67, 1000}) {
    for (const std::size_t offset : {0, 1, 3}) {
      fill_numbers<float>(value, 1);
      fill_numbers<float>(grad, 2);
      const std::vector<float> before = value;
      Params params;
      params.adopt("p", {static_cast<std::int64_t>(size)}, &value[offset], &grad[offset]);
      Optimizer(params, Chain("lr(0.1)")).step();
      for (std::size_t i = 0; i < value.size(); ++i) {
        const bool moves = i >= offset && i < offset + size;
        const float step = 0.1f * grad[i];
        EXPECT_EQ(value[i], moves ? before[i] - step : before[i])
            << size << " from " << offset << " at " << i;
      }
    }
  }
}

// E11: pytorch#2201, deeplearning4j#2366
TEST(Regressions, E11TwoTrainingsAtOnceAreTwoTrainings) {
  const auto train = [](unsigned seed) {
    Params params;
    Parameter& p = params.add("p", {50000}, Role::weight);
    fill_numbers(p.value<float>(), seed);
    OptimizerOptions options;
    options.threads = 2;
    Optimizer optimizer(params, Chain("clip_norm(1) | adamw(lr=0.01)"), options);
    for (unsigned k = 0; k < 10; ++k) {
      fill_numbers(p.grad<float>(), seed + k);
      optimizer.step();
    }
    return value_bits(p);
  };
  std::string first, second;
  std::thread other([&] { second = train(2); });
  first = train(1);
  other.join();
  EXPECT_TRUE(first == train(1));
  EXPECT_TRUE(second == train(2));
}

}  // namespace
}  // namespace thalweg
