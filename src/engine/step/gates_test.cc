// What stands left of everything and decides whether a step runs: accumulate, skip, loss_scale.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <tuple>

#include "params/test_params.h"
#include "thalweg/optimizer.h"

namespace thalweg {
namespace {

// Twelve samples with the loss c (p - t)^2 / 2 each, of a matrix and a vector.
template <class T>
struct Samples {
  Params params;

  Samples() {
    for (const auto& [name, shape, role] :
         {std::tuple{"w", Shape{5, 7}, Role::weight}, std::tuple{"b", Shape{19}, Role::bias}}) {
      fill_numbers(params.add(name, shape, role, kDtype<T>).template value<T>(), 1);
    }
  }
  // The gradient of the mean loss of samples [first, first + n).
  void fill_grads(std::size_t first, std::size_t n) {
    for (Parameter& p : params) {
      for (std::size_t i = 0; i < p.size(); ++i) p.grad<T>()[i] = mean_grad(p.value<T>()[i], i, first, n);
    }
  }

 private:
  static T mean_grad(double value, std::size_t i, std::size_t first, std::size_t n) {
    double sum = 0;
    for (std::size_t s = first; s < first + n; ++s) {
      const double target = 4.0 + sample_number(2, 12 * i + s);
      sum += (1.5 + sample_number(3, 12 * i + s)) * (value - target);
    }
    return static_cast<T>(sum / static_cast<double>(n));
  }
};

template <class T>
void fill_with(Params& params, T x) {
  for (Parameter& p : params) std::fill_n(p.grad<T>().data(), p.size(), x);
}

// Updates from the twelve samples in parts; a part of no samples is a gradient of weight 0 that is not one.
template <class T>
std::vector<double> train(const std::string& chain, const std::vector<std::size_t>& parts, bool closes) {
  constexpr int kUpdates = 20;
  Samples<T> samples;
  Optimizer optimizer(samples.params, Chain(chain));
  for (int k = 0; k < kUpdates; ++k) {
    std::size_t first = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (parts[i] > 0) samples.fill_grads(first, parts[i]);
      if (parts[i] == 0) fill_with(samples.params, std::numeric_limits<T>::quiet_NaN());
      first += parts[i];
      const bool last = i + 1 == parts.size();
      const Report report = optimizer.step({.weight = static_cast<double>(parts[i]), .last = closes && last});
      EXPECT_EQ(report.waits, !last);
      EXPECT_FALSE(report.skipped);
    }
  }
  EXPECT_EQ(optimizer.updates(), kUpdates);
  for (const std::uint64_t clock : optimizer.clocks()) EXPECT_EQ(clock, kUpdates);
  std::vector<double> out;
  for (const Parameter& p : samples.params) out.insert(out.end(), p.value<T>().begin(), p.value<T>().end());
  return out;
}

template <class T>
void check_b13(const std::string& chain, double tolerance) {
  struct Way {
    std::string gate;
    std::vector<std::size_t> parts;
    bool closes = false;
  };
  const std::vector<double> want = train<T>(chain, {12}, false);
  for (const Way& way : {Way{"accumulate(3)", {4, 4, 4}}, Way{"accumulate(3)", {5, 4, 3}},
                         Way{"accumulate(4)", {5, 4, 3}, true}, Way{"accumulate(5)", {0, 5, 4, 0, 3}},
                         Way{"skip | accumulate(2) | loss_scale(1, every=99)", {1, 11}}}) {
    const std::vector<double> got = train<T>(way.gate + " | " + chain, way.parts, way.closes);
    for (std::size_t i = 0; i < want.size(); ++i) {
      EXPECT_NEAR(got[i], want[i], tolerance * std::abs(want[i])) << way.gate << " at " << i;
    }
  }
}

// B13: keras#19990, transformers#35203, mlx-lm#1413
TEST(Gates, B13PartsOfABatchAreTheBatch) {
  for (const char* chain : {"sgd(lr=0.01, momentum=0.9, decay=0.1)", "adamw(lr=0.01, decay=0.1)",
                            "clip_norm(1) | adamw(lr=0.01, decay=0.1)"}) {
    SCOPED_TRACE(chain);
    check_b13<float>(chain, 1e-6);
    check_b13<double>(chain, 1e-12);
  }
}

TEST(Gates, B13AWindowWithoutWeightChangesNothing) {
  Samples<float> samples;
  Optimizer optimizer(samples.params, Chain("accumulate(2) | decay(0.1) | adam | lr(0.1)"));
  const std::string before = value_bits(samples.params[0]) + value_bits(samples.params[1]);
  fill_with(samples.params, NAN);
  EXPECT_TRUE(optimizer.step({.weight = 0}).waits);
  const Report report = optimizer.step({.weight = 0});
  EXPECT_TRUE(report.skipped);
  EXPECT_EQ(report.update, 0u);
  EXPECT_EQ(value_bits(samples.params[0]) + value_bits(samples.params[1]), before);
  for (const StateTensor& s : optimizer.state()) {
    const float* data = static_cast<const float*>(s.buffer.data);
    EXPECT_TRUE(std::all_of(data, data + s.parameter->size(), [](float x) { return x == 0.0f; })) << s.name;
  }
  fill_with(samples.params, 1.0f);
  EXPECT_TRUE(optimizer.step().waits);  // the next window begins afresh
  EXPECT_EQ(optimizer.step().update, 1u);
}

TEST(Gates, SumsAreNotDivided) {
  OneParameter<double> one({1});
  one.set_grad({0.5});
  Optimizer optimizer(one.params(), Chain("accumulate(3, form=sum) | lr(1)"));
  for (const double weight : {1, 2, 5}) optimizer.step({.weight = weight});
  EXPECT_EQ(one.value()[0], 1 - 0.5 * (1 + 2 + 5));
}

TEST(Gates, AParameterThatIsAbsentFromSomeGradientsOfAWindowGetsTheOthers) {
  Params params;
  for (const char* name : {"a", "b", "c"})
    params.add(name, {1}, Role::weight, Dtype::f64).grad<double>()[0] = 3;
  Optimizer optimizer(params, Chain("accumulate(3) | lr(1)"));
  for (int i = 0; i < 3; ++i) {
    params[1].set_absent(i > 0);
    params[2].set_absent(true);
    optimizer.step();
  }
  EXPECT_EQ(params[0].value<double>()[0], -3.0);
  EXPECT_EQ(params[1].value<double>()[0], -1.0) << "a third of the window's weight";
  EXPECT_EQ(params[2].value<double>()[0], 0.0);
  EXPECT_EQ(std::vector(optimizer.clocks().begin(), optimizer.clocks().end()),
            (std::vector<std::uint64_t>{1, 1, 0}));
}

// Which of these gradients of one element passed: '1', waited '.', was dropped '-', or ended in an error '!'.
std::string verdicts(const char* chain, const std::vector<double>& grads) {
  OneParameter<double> one({1});
  Optimizer optimizer(one.params(), Chain(chain));
  std::string out;
  for (const double g : grads) {
    one.set_grad({g});
    try {
      const Report report = optimizer.step();
      out += report.waits ? '.' : report.skipped ? '-' : '1';
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::diverged);
      out += '!';
    }
  }
  return out;
}

TEST(Gates, SkipHasABudget) {
  constexpr double kBad = INFINITY;
  EXPECT_EQ(verdicts("skip | lr(1)", std::vector<double>(12, NAN)), "----------!!");
  EXPECT_EQ(verdicts("skip(most=2) | lr(1)", {1, kBad, kBad, 1, kBad, kBad, kBad, kBad, 1}), "1--1--!!1");
  EXPECT_EQ(verdicts("skip(most=0) | lr(1)", {1, kBad}), "1!");
  EXPECT_EQ(verdicts("skip(most=2, then=pass) | lr(0)", {kBad, kBad, kBad, kBad, 1, kBad}), "--111-");
  EXPECT_EQ(verdicts("skip(what=outlier, most=1, limit=2) | lr(1)", {1, 2, 3, 2, 3, kBad, 1}), "11-1-!1");
  EXPECT_EQ(
      verdicts("skip(what=outlier, most=9, factor=3, beta=0, after=2) | lr(1)", {9, 1, 3, 10, 8, 9, 27.1}),
      "111-11-");
}

TEST(Gates, AWindowHasTheSameBitsForAnyNumberOfThreads) {
  const auto window_of = [](int threads) {
    Params params;
    Parameter& p = params.add("p", {80000}, Role::weight);
    OptimizerOptions options;
    options.threads = threads;
    Optimizer optimizer(params, Chain("skip(what=outlier) | accumulate(3) | lr(1)"), options);
    for (const float g : {1.0f, 1e-39f}) {  // what is denormal is zero on every thread
      fill_numbers(p.grad<float>(), 1);
      for (float& x : p.grad<float>()) x *= g;
      optimizer.step({.weight = 1e-38});
    }
    double mean = 0;
    for (const StateNumber& number : optimizer.numbers()) {
      if (number.name == "skip.mean") mean = *number.value;
    }
    return bits_of(optimizer.state()[0].buffer.data, 4 * p.size()) + bits_of(&mean, sizeof(mean));
  };
  const std::string one = window_of(1);
  for (const int threads : {2, 3, 7}) EXPECT_TRUE(window_of(threads) == one) << threads;
}

TEST(Gates, AnErrorAboutANormNamesIt) {
  OneParameter<double> one({1});
  one.set_grad({30});
  Optimizer optimizer(one.params(), Chain("skip(what=outlier, most=0, limit=2) | lr(1)"));
  try {
    optimizer.step();
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    expect_contains(error.what(), "norm 30");
  }
}

TEST(Gates, ANormIsOfWhatTheGateSees) {
  const std::vector<double> grads = {1, 1, 4, 1, 1, 4};
  EXPECT_EQ(verdicts("skip(what=outlier, limit=3) | accumulate(2) | lr(1)", grads), ".1-.1-");
  EXPECT_EQ(verdicts("accumulate(2) | skip(what=outlier, limit=3) | lr(1)", grads), ".1.1.1");
  EXPECT_EQ(verdicts("accumulate(2) | skip(what=outlier, limit=2) | lr(1)", grads), ".1.-.-");
  EXPECT_EQ(verdicts("loss_scale(4, every=99) | skip(what=outlier, limit=0.5) | lr(1)", grads), "11-11-");
}

TEST(Gates, TheReportTellsTheNormOfWhatEnters) {
  OneParameter<double> one({1});
  OptimizerOptions options;
  options.grad_norm = true;
  options.statistics.norms = true;
  for (const char* chain :
       {"accumulate(2) | loss_scale(8) | lr(0)", "accumulate(2) | loss_scale(8) | clip_norm(1) | lr(0)",
        "skip(what=outlier) | accumulate(2) | loss_scale(8) | lr(0)",
        "accumulate(2) | loss_scale(8) | skip(what=outlier) | clip_norm(9) | lr(0)",
        "accumulate(2) | skip(what=outlier) | loss_scale(8) | adam | lr(0)"}) {
    SCOPED_TRACE(chain);
    Optimizer optimizer(one.params(), Chain(chain), options);
    one.set_grad({16});
    optimizer.step();
    one.set_grad({32});
    const Report report = optimizer.step();
    EXPECT_EQ(report.grad_norm, (16.0 + 32.0) / 2 / 8);
    EXPECT_EQ(report.parameters[0].grad_norm, report.grad_norm);
  }
}

TEST(Gates, APolicyLooksAtTheGradientThatHasComeNotAtTheWindow) {
  OneParameter<float> one({1});
  OptimizerOptions options;
  options.nonfinite = Nonfinite::skip;
  Optimizer optimizer(one.params(), Chain("accumulate(1) | lr(1)"), options);
  for (const float g : {1.0f, NAN, 2.0f, NAN}) {
    one.set_grad({g});
    EXPECT_EQ(optimizer.step().skipped, std::isnan(g)) << g;
  }
  EXPECT_EQ(one.value()[0], -2.0f);
}

TEST(Gates, DroppedGradientsAreZeroedToo) {
  OptimizerOptions options;
  options.zero_grad = true;
  for (const char* chain : {"skip | lr(1)", "loss_scale(2) | lr(1)", "accumulate(2) | lr(1)"}) {
    Params params;
    const auto grad = params.add("w", {3000}, Role::weight).grad<float>();
    Optimizer optimizer(params, Chain(chain), options);
    fill_numbers(grad, 1);
    grad[2500] = NAN;
    optimizer.step({.weight = 0});
    EXPECT_TRUE(std::all_of(grad.begin(), grad.end(), [](float x) { return x == 0.0f; })) << chain;
  }
}

// What torch's GradScaler does, in its own terms: torch/amp/grad_scaler.py, _amp_update_scale_.
struct TorchScale {
  double scale, growth, backoff;
  int interval, tracker = 0;

  void update(bool found_inf) {
    if (found_inf) {
      scale *= backoff;
      tracker = 0;
    } else if (++tracker == interval) {
      scale *= growth;
      tracker = 0;
    }
  }
};

TEST(LossScale, FollowsTorchWhereNothingElseIsAsked) {
  OneParameter<double> one({0});
  Optimizer optimizer(one.params(),
                      Chain("loss_scale(1024, every=3, growth=4, backoff=0.25, floor=1e-30) | lr(1)"));
  TorchScale torch{1024, 4, 0.25, 3};
  for (unsigned k = 0; k < 200; ++k) {
    const bool bad = sample_number(4, k) > 0.5;
    const double before = one.value()[0];
    EXPECT_EQ(optimizer.loss_scale(), torch.scale) << k;
    one.set_grad({bad ? INFINITY : 3 * torch.scale});
    EXPECT_EQ(optimizer.step().skipped, bad);
    EXPECT_EQ(one.value()[0], bad ? before : before - 3) << k;
    torch.update(bad);
  }
}

// The scale that each gradient is made with; '1' is a finite one, '-' one that is not.
std::vector<double> scales(const char* gate, const std::string& grads) {
  OneParameter<float> one({0});
  Optimizer optimizer(one.params(), Chain(std::string(gate) + " | lr(1)"));
  std::vector<double> out;
  for (const char c : grads) {
    one.set_grad({c == '1' ? 1.0f : NAN});
    optimizer.step();
    out.push_back(optimizer.loss_scale());
  }
  return out;
}

TEST(LossScale, HysteresisToleratesSomeUntilItGrows) {
  using Scales = std::vector<double>;
  EXPECT_EQ(scales("loss_scale(16, every=2)", "1111-1-11"), (Scales{16, 32, 32, 64, 32, 32, 16, 16, 32}));
  // DeepSpeed: what is used up stays so until the scale grows.
  EXPECT_EQ(scales("loss_scale(16, every=2, hysteresis=3)", "--1--11--1-"),
            (Scales{16, 16, 16, 8, 4, 4, 8, 8, 8, 8, 4}));
  EXPECT_EQ(scales("loss_scale(16, every=9, floor=6)", "---"), (Scales{8, 6, 6}));
}

TEST(LossScale, HoldsForAWindow) {
  OneParameter<double> one({0});
  Optimizer optimizer(one.params(), Chain("accumulate(2) | loss_scale(4, every=1) | lr(1)"));
  const auto step = [&](double g) {
    one.set_grad({g * optimizer.loss_scale()});
    optimizer.step();
    return one.value()[0];
  };
  EXPECT_EQ(step(1), 0.0);
  EXPECT_EQ(step(3), -2.0);
  EXPECT_EQ(optimizer.loss_scale(), 8.0);
  step(INFINITY);
  EXPECT_EQ(optimizer.loss_scale(), 8.0) << "the window is open";
  EXPECT_EQ(step(1), -2.0);
  EXPECT_EQ(optimizer.loss_scale(), 4.0);
}

TEST(Gates, StandLeftOfEverythingAndForAllParameters) {
  Params params;
  params.add("w", {3, 4}, Role::weight);
  params.add("b", {4}, Role::bias);
  const std::map<std::string, std::vector<std::string>> errors = {
      {"adam | skip | lr(1)", {"`skip` decides whether a step runs", "`adam` to the left of it"}},
      {"lr(1) | accumulate(2)", {"`accumulate` decides whether a step runs", "`lr` to the left of it"}},
      {"skip | decay(1) | loss_scale | lr(1)", {"`loss_scale`", "`decay` to the left of it"}},
      {"skip(on=w) | lr(1)", {"`skip` holds back the step of all parameters", "an `on=`"}},
      {"accumulate(2, on=bias) | lr(1)", {"`accumulate` holds", "an `on=`"}},
      {"accumulate(2) | accumulate(2) | lr(1)", {"`accumulate` to the left of it", "one window"}},
      {"loss_scale | accumulate(2) | lr(1)", {"`loss_scale` to the left of it", "to the right of it"}},
      {"loss_scale | skip | accumulate(2) | lr(1)",
       {"`loss_scale` to the left of it", "to the right of it"}}};
  for (const auto& [chain, parts] : errors) {
    const std::string error = usage_error([&] { Optimizer(params, Chain(chain)); });
    for (const std::string& part : parts) expect_contains(error, part);
  }
  for (const char* chain : {"skip | accumulate(2) | loss_scale | lr(1)", "accumulate(2) | skip | lr(1)"}) {
    EXPECT_EQ(Optimizer(params, Chain(chain)).updates(), 0u) << chain;
  }
}

}  // namespace
}  // namespace thalweg
