#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "thalweg/error.h"
#include "verify/test_verify.h"

namespace thalweg {
namespace {

// A trajectory of one update: p from `init` by `gradient` to `want`.
Json one_step(const char* algorithm, const Json& hyper, const Json& gradient, const Json& init,
              const Json& want) {
  Json test = {{"kind", "optimizer_trajectory"},
               {"algorithm", algorithm},
               {"hyper", hyper},
               {"gradient", gradient},
               {"params", Json::array()}};
  for (std::size_t p = 0; p < init.size(); ++p) {
    test["params"].push_back(
        {{"name", "w" + std::to_string(p)}, {"shape", {init[p].size()}}, {"init", init[p]}});
  }
  test["expected"] = Json::array({{{"after_step", 1}, {"params", want}}});
  test["tolerance"] = {{"rtol", 1e-14}, {"atol", 1e-14}};
  return test;
}

Json explicit_gradient(const Json& entries) {
  return {{"kind", "explicit"}, {"steps", Json::array({entries})}};
}

TEST(VerifyOracles, EveryCaseOfTheEngineIsReplayed) {
  struct Want {
    const char* file;
    Status status;
    const char* reason;
  };
  const Want wants[] = {
      {"burn/adam_optimizer_with_numbers.json", Status::passed, ""},
      {"candle/sgd-scalar-quadratic.json", Status::passed, ""},
      {"keras/adam-single_step.json", Status::passed, ""},
      {"keras/clip-clipnorm.json", Status::passed, ""},
      {"keras/schedule-cosinedecay-warmup.json", Status::passed, ""},
      {"keras-3.15.1-run/schedule-cosine_restarts_fraction.json", Status::passed, ""},
      {"keras-3.15.1-run/sgd_momentum.json", Status::passed, ""},
      {"optax/schedule-polynomial-linear.json", Status::passed, ""},
      {"optax-0.2.8-run/adamw_strong.json", Status::passed, ""},
      {"optax-0.2.8-run/schedule-warmup_cosine.json", Status::passed, ""},
      {"pytorch-1.13.1-run/adam_explicit8.json", Status::passed, ""},
      {"pytorch-1.13.1-run/sgd_momentum_net300.json", Status::passed, ""},
      {"pytorch-2.13.0-run/adamw_absent_gradient.json", Status::passed, ""},
      {"pytorch-2.13.0-run/clip_grad_norm_adamw.json", Status::passed, ""},
      {"pytorch-2.13.0-run/groups_adamw.json", Status::passed, ""},
      {"pytorch-2.13.0-run/lr-linear.json", Status::passed, ""},
      {"pytorch-2.13.0-run/lr-warm_restarts_fractional_b.json", Status::passed, ""},
      {"pytorch-2.13.0-run/sgd_nesterov.json", Status::passed, ""},
      {"pytorch-2.13.0-run/sparse_adam_maximize.json", Status::skipped,
       "gradient sparse_rows; algorithm sparse_adam"},
      {"transformers/schedule-cosine-hard-restarts.json", Status::passed, ""},
  };
  for (const Want& want : wants) {
    const VerifiedCase result = verify_one(kOracles / want.file);
    EXPECT_EQ(result.status, want.status) << want.file << ": " << result.reason;
    EXPECT_EQ(result.reason, want.reason) << want.file;
    EXPECT_EQ(result.file, (kOracles / want.file).string());
    EXPECT_FALSE(result.worst) << want.file;
  }
}

TEST(VerifyOracles, FoldersAreSearchedInOrderOfName) {
  const std::vector<VerifiedCase> results = verify(std::vector<fs::path>{kOracles});
  EXPECT_GE(results.size(), 20u);
  for (std::size_t i = 0; i < results.size(); ++i) {
    EXPECT_NE(results[i].status, Status::failed) << results[i].file << ": " << results[i].reason;
    if (i == 0) continue;
    EXPECT_LT(fs::path(results[i - 1].file), fs::path(results[i].file));
  }
}

TEST_F(Verify, OneChangedNumberFails) {
  const char* files[] = {
      "pytorch-2.13.0-run/sgd_nesterov.json",   "pytorch-1.13.1-run/sgd_momentum_net300.json",
      "pytorch-1.13.1-run/adam_explicit8.json", "pytorch-2.13.0-run/adamw_absent_gradient.json",
      "pytorch-2.13.0-run/groups_adamw.json",   "optax-0.2.8-run/adamw_strong.json"};
  for (const char* file : files) {
    Json test = read_oracle(file);
    Json& last = test["expected"].back();
    Json& number = last["params"][1][1];
    const double want = number.get<double>() * (1 + 1e-6);
    number = want;
    const VerifiedCase result = verify_json(test);
    EXPECT_EQ(result.status, Status::failed) << file;
    ASSERT_TRUE(result.worst) << file;
    EXPECT_EQ(result.worst->step, last["after_step"]);
    EXPECT_EQ(result.worst->param, test["params"][1]["name"].get<std::string>());
    EXPECT_EQ(result.worst->index, 1u);
    EXPECT_EQ(result.worst->want, want);
    EXPECT_NEAR(result.worst->got, want, 2e-6 * std::abs(want));
    EXPECT_EQ(result.reason.rfind("1 of ", 0), 0u) << result.reason;
  }
}

TEST_F(Verify, AChangedScheduleOrNormFails) {
  Json norm = read_oracle("pytorch-2.13.0-run/clip_grad_norm_adamw.json");
  norm["expected"][2]["gradient_norm"] = norm["expected"][2]["gradient_norm"].get<double>() * (1 + 1e-6);
  expect_fail(norm, "gradient_norm");

  Json schedule = read_oracle("optax-0.2.8-run/schedule-warmup_cosine.json");
  schedule["points"][7][1] = schedule["points"][7][1].get<double>() * (1 + 1e-6);
  expect_fail(schedule, "1 of 16 numbers differ; worst at 7");

  Json scheduler = read_oracle("pytorch-2.13.0-run/lr-linear.json");
  scheduler["expected_lr"][1][3] = scheduler["expected_lr"][1][3].get<double>() * (1 + 1e-6);
  const VerifiedCase result = verify_json(scheduler);
  EXPECT_EQ(result.status, Status::failed);
  EXPECT_EQ(result.worst->step, 3u);
  EXPECT_EQ(result.worst->index, 1u);
}

TEST_F(Verify, AChangedHyperParameterFails) {
  Json test = read_oracle("pytorch-2.13.0-run/groups_adamw.json");
  test["groups"][1]["hyper"]["lr"] = 0.050001;
  expect_fail(test, "numbers differ");
  test = read_oracle("pytorch-2.13.0-run/sgd_nesterov.json");
  test["hyper"]["nesterov"] = false;
  expect_fail(test, "numbers differ");
}

TEST_F(Verify, NonFiniteNumbersMustBeTheSame) {
  const Json sgd = {{"lr", 1}};
  const Json gradient = explicit_gradient({{"inf", "-inf", "nan", 1}});
  const Json init = {{0, 0, 0, 0}};
  expect_pass(one_step("sgd", sgd, gradient, init, {{"-inf", "inf", "nan", -1}}));
  expect_fail(one_step("sgd", sgd, gradient, init, {{"inf", "inf", "nan", -1}}), "1 of 4");
  expect_fail(one_step("sgd", sgd, gradient, init, {{"-inf", "inf", 0, -1}}), "1 of 4");
  expect_fail(one_step("sgd", sgd, gradient, init, {{"-inf", "inf", "nan", "nan"}}), "1 of 4");
  Json clipped = sgd;
  clipped["pre"] = Json::array({{{"name", "clip_by_global_norm"}, {"max_norm", 1}}});
  expect_skip(one_step("sgd", clipped, gradient, init, {{0, 0, 0, 0}}),
              "clipping of a gradient that is not finite");
}

TEST_F(Verify, EveryDenseGradientIsReplayed) {
  const Json sgd = {{"lr", 0.5}};
  const Json two = {{1, 2}};
  expect_pass(one_step("sgd", sgd, {{"kind", "constant"}, {"value", {{4, -2}}}}, two, {{-1, 3}}));
  expect_pass(one_step("sgd", sgd, {{"kind", "constant"}, {"value", {nullptr}}}, two, two));
  expect_pass(one_step("sgd", sgd, {{"kind", "quadratic"}, {"coef", {{1, 3}}}, {"center", {{0, 1}}}}, two,
                       {{0, -1}}));
  expect_pass(one_step("sgd", sgd, {{"kind", "quadratic_form"}, {"A", {2, 1, 3, 4}}, {"b", {1, 1}}}, two,
                       {{-1.5, -2.5}}));
  expect_pass(one_step("sgd", sgd, {{"kind", "rosenbrock"}}, two, {{201, -98}}));
  const Json sine = {
      {"kind", "sin"}, {"amplitude", 2}, {"index", 0}, {"step", 0}, {"param", 1.5707963267948966}};
  expect_pass(one_step("sgd", sgd, sine, {{1}, {1}}, {{1}, {0}}));

  const Json in_out = {{"kind", "linear_sum"}, {"layout", "in_out"}, {"inputs", {{{1, 2}, {3, 4}}}}};
  Json linear = one_step("sgd", sgd, in_out, {{0, 0, 0, 0}, {0, 0}}, {{-2, -2, -3, -3}, {-1, -1}});
  linear["params"][0]["shape"] = {2, 2};
  expect_pass(linear);
  linear["gradient"]["layout"] = "out_in";
  linear["expected"][0]["params"][0] = {-2, -3, -2, -3};
  expect_pass(linear);

  const Json sse = {{"kind", "linreg_sse"}, {"inputs", {{1, 2}, {0, 1}}}, {"targets", {{1}, {2}}}};
  linear = one_step("sgd", sgd, sse, {{1, 1}, {1}}, {{-2, -5}, {-2}});
  linear["params"][0]["shape"] = {1, 2};
  expect_pass(linear);
  linear["gradient"] = {{"kind", "linreg_sse"}, {"x", {{1, 2}, {0, 1}}}, {"y", {1, 2}}};
  linear["params"][1]["shape"] = Json::array();
  expect_pass(linear);
  linear["gradient"].erase("y");
  expect_fail(linear, "targets");
}

// p (1 - lr d) - lr |p (1 - lr d)| / |u| u, of p = 3 4, lr = 0.5 and d = 0.2: the ratio sees what is left.
TEST_F(Verify, ADecayBeforeTheStepIsSeenByTheRatio) {
  Json hyper = {{"lr", 0.5}, {"beta1", 0},          {"beta2", 0},
                {"eps", 0},  {"weight_decay", 0.2}, {"weight_decay_mode", "decoupled_lr"}};
  const double u = 4.5 / std::sqrt(8.0);
  expect_pass(one_step("lamb", hyper, explicit_gradient({{1, 1}}), {{3, 4}}, {{2.7 - u, 3.6 - u}}));
  expect_fail(
      one_step("lamb", hyper, explicit_gradient({{1, 1}}), {{3, 4}}, {{2.7 - u / 0.9, 3.6 - u / 0.9}}),
      "numbers differ");
  hyper["trust_coefficient"] = 0.5;
  for (const char* key : {"beta1", "beta2"}) hyper.erase(key);
  expect_pass(one_step("lars", hyper, explicit_gradient({{3, 4}}), {{3, 4}}, {{2.025, 2.7}}));
  hyper["lr_schedule"] = {{"name", "constant"}, {"value", 0.5}};
  expect_skip(one_step("lars", hyper, explicit_gradient({{3, 4}}), {{3, 4}}, {{2.025, 2.7}}),
              "decay before the ratio under a schedule");
  const Json ftrl = {{"lr", 0.5}, {"weight_decay", 0.2}, {"weight_decay_mode", "decoupled_lr"}};
  expect_skip(one_step("ftrl", ftrl, explicit_gradient({{1}}), {{1}}, {{1}}),
              "ftrl of weights that decay before the step");
}

TEST_F(Verify, GroupsMayHaveAnotherAlgorithm) {
  Json test = one_step("sgd", {{"lr", 0.5}, {"momentum", 0.9}}, explicit_gradient({{2}, {-8}, {4}}),
                       {{1}, {1}, {1}}, {{0}, {1.25}, {-1}});
  test["groups"] = Json::array(
      {{{"params", {"w1"}},
        {"hyper", {{"algorithm", "adam"}, {"lr", 0.25}, {"beta1", 0.5}, {"beta2", 0.5}, {"eps", 0}}}}});
  expect_pass(test);
  test["groups"][0]["params"] = {"w9"};
  expect_fail(test, "w9");
  test["groups"][0]["params"] = {"w1"};
  test["groups"][0]["hyper"]["algorithm"] = "nonesuch";
  expect_skip(test, "algorithm nonesuch");
}

TEST_F(Verify, DecayStandsWhereItsModeSays) {
  const auto adam = [](const char* mode) {
    return Json{{"lr", 0.5}, {"beta1", 0},           {"beta2", 0},
                {"eps", 0},  {"weight_decay", 0.25}, {"weight_decay_mode", mode}};
  };
  const Json gradient = explicit_gradient({{1}});
  expect_pass(one_step("adam", adam("l2"), gradient, {{2}}, {{1.5}}));
  expect_pass(one_step("adamw", adam("decoupled_lr"), gradient, {{2}}, {{1.25}}));
  expect_pass(one_step("adamw", adam("coupled_update"), gradient, {{2}}, {{1.25}}));
  expect_pass(one_step("adamw", adam("decoupled_lr_unscaled"), gradient, {{2}}, {{1}}));
  expect_skip(one_step("adamw", adam("stable"), gradient, {{2}}, {{1}}), "weight_decay_mode stable");
  Json silent = adam("");
  silent.erase("weight_decay_mode");
  expect_skip(one_step("adamw", silent, gradient, {{2}}, {{1}}), "adamw without weight_decay_mode");
  Json upwards = adam("l2");
  upwards["maximize"] = true;  // the gradient changes sign before the decay is added: -1 + 0.5
  expect_pass(one_step("adam", upwards, gradient, {{2}}, {{2.5}}));
}

TEST_F(Verify, WhatTheEngineLacksIsNamed) {
  const Json gradient = explicit_gradient({{1}});
  const auto sgd = [&](const char* key, const Json& value) {
    return one_step("sgd", {{"lr", 1}, {key, value}}, gradient, {{1}}, {{0}});
  };
  expect_skip(sgd("lookahead", {{"sync_period", 5}}), "lookahead without slow_step_size");
  expect_skip(sgd("never_heard_of", 1), "hyper never_heard_of");
  expect_skip(sgd("form", "onnx"), "hyper without beta");
  expect_skip(sgd("form", "mystery"), "form mystery");
  expect_skip(sgd("pre", {{{"name", "mystery"}}}), "pre mystery");
  for (const char* key : {"amsgrad", "maximize", "nesterov", "cautious"}) expect_pass(sgd(key, false));
  for (const char* key : {"momentum", "dampening", "eps_root", "weight_decay"}) expect_pass(sgd(key, 0));
  expect_pass(sgd("pre", Json::array()));
  expect_pass(sgd("lookahead", nullptr));

  const Json adam = {{"lr", 1},    {"beta1", 0.9},          {"beta2", 0.9},
                     {"eps", 0.1}, {"eps_form", "strange"}, {"amsgrad", true}};
  expect_skip(one_step("adam", adam, gradient, {{1}}, {{0}}), "eps_form strange; hyper amsgrad");
  Json without_eps = adam;
  without_eps["eps"] = 0;
  without_eps["amsgrad"] = false;
  expect_pass(one_step("adam", without_eps, gradient, {{1}}, {{0}}));
  expect_skip(one_step("nonesuch", adam, gradient, {{1}}, {{0}}), "algorithm nonesuch");

  Json field = sgd("momentum", 0);
  field["expected"][0]["slow_params"] = {{1}};
  field["expected_state"] = Json::array();
  expect_skip(field, "field slow_params");
  expect_skip({{"kind", "newton_schulz"}}, "kind newton_schulz is not replayed");
  Json negative = sgd("momentum", 0);
  negative["hyper"]["lr"] = -1;
  EXPECT_EQ(verify_json(negative).reason.rfind("refused by design: ", 0), 0u);
}

TEST_F(Verify, ARateInsideTheVelocityIsOneOfThatUpdate) {
  const Json gradient = explicit_gradient({{1}});
  const Json schedule = {{"name", "polynomial"}, {"init", 1}, {"end", 0}, {"steps", 2}};
  const Json hyper = {{"lr_schedule", schedule}, {"momentum", 0.5}};
  expect_pass(one_step("sgd", hyper, gradient, {{1}}, {{0}}));
  Json keras = hyper;
  keras["form"] = "keras";
  expect_pass(one_step("sgd", keras, gradient, {{1}}, {{0}}));
  keras["momentum"] = 0;
  expect_pass(one_step("sgd", keras, gradient, {{1}}, {{0}}));
}

TEST_F(Verify, ClippingByTensorLooksAtEachTensor) {
  Json hyper = {{"lr", 1}};
  hyper["pre"] = Json::array({{{"name", "clip_by_norm"}, {"max_norm", 5}}});
  const Json gradient = explicit_gradient({{6, 8}, {3, 4}});
  const Json zero = {{0, 0}, {0, 0}};
  expect_pass(one_step("sgd", hyper, gradient, zero, {{-3, -4}, {-3, -4}}));
  const Json clipping = {{"kind", "gradient_clipping"},
                         {"hyper", {{"mode", "norm"}, {"limit", 5}}},
                         {"gradient", {{6, 8}, {3, 4}}},
                         {"expected", {{3, 4}, {3, 4}}},
                         {"tolerance", {{"rtol", 1e-14}, {"atol", 0}}}};
  expect_pass(clipping);
  Json by_value = clipping;
  by_value["hyper"]["mode"] = "value";
  by_value["expected"] = {{5, 5}, {3, 4}};
  expect_pass(by_value);
  by_value["hyper"]["mode"] = "rows";
  expect_skip(by_value, "clipping by rows");
}

TEST_F(Verify, WrongFilesFail) {
  const std::string deep(100, '[');
  for (const std::string& text :
       {std::string(), std::string("no json"), std::string("{\"kind\":"), deep, std::string("[1, 2]"),
        std::string("7"), std::string("{}"), std::string("{\"kind\": 1}"),
        std::string("{\"kind\": \"schedule\"}"), std::string("\xff\xfe"),
        std::string("{\"kind\": \"schedule\", \"a\": 1e999}")}) {
    const VerifiedCase result = verify_text(text);
    EXPECT_EQ(result.status, Status::failed) << text;
    EXPECT_FALSE(result.reason.empty()) << text;
    EXPECT_EQ(result.reason.find('\n'), std::string::npos) << text;
  }
}

// Every member of a case replaced by something else: failed or skipped, with a reason, or replayed as before.
TEST_F(Verify, WrongTypesAreReported) {
  for (const char* file : {"candle/sgd-scalar-quadratic.json", "pytorch-2.13.0-run/groups_adamw.json",
                           "pytorch-2.13.0-run/lr-linear.json", "optax/schedule-polynomial-linear.json",
                           "keras/clip-clipnorm.json"}) {
    const Json original = read_oracle(file);
    for (const auto& [key, value] : original.items()) {
      for (const Json& other :
           {Json(), Json(-1), Json("x"), Json::array(), Json::object(), Json{{"a", {{}}}}}) {
        Json test = original;
        test[key] = other;
        const VerifiedCase result = verify_json(test);
        EXPECT_EQ(result.reason.empty(), result.status == Status::passed) << file << ": " << key;
      }
    }
  }
}

TEST_F(Verify, ImpossibleCasesFail) {
  const Json good = one_step("sgd", {{"lr", 1}}, explicit_gradient({{1}}), {{1}}, {{0}});
  expect_pass(good);
  const auto with = [&](const char* pointer, const Json& value) {
    Json test = good;
    test[Json::json_pointer(pointer)] = value;
    return test;
  };
  expect_fail(with("/params", Json::array()), "`params` is empty");
  expect_fail(with("/expected", Json::array()), "`expected` is empty");
  expect_fail(with("/expected/0", {{"after_step", 1}}), "nothing but its step");
  expect_fail(with("/expected/0/after_step", 0), "after_step");
  expect_fail(with("/expected/0/after_step", 1e18), "after_step");
  expect_fail(with("/expected/0/params", {{0, 0}}), "another size");
  expect_fail(with("/params/0/shape", {1000000000000}), "does not fill its shape");
  expect_fail(with("/params/0/shape", {-1}), "shape");
  expect_fail(with("/gradient/steps", Json::array()), "empty");
  expect_fail(with("/gradient/steps/0", {{1, 2}}), "another number of elements");
  expect_fail(with("/hyper/lr", "fast"), "hyper.lr");
  expect_fail(with("/tolerance/rtol", 1e9), "tolerance");
  expect_fail(with("/tolerance/atol", -1), "tolerance");
}

TEST_F(Verify, PathsAreFilesAndFolders) {
  const std::string text = schedule_case({{"name", "constant"}, {"value", 2}}, {{3, 2}}).dump();
  put(text, "b/2.json");
  put(text, "b/1.json");
  put(text, "a/deep/er/3.json");
  put("not looked at", "a/readme.txt");
  const fs::path named = put(text, "named.case");
  const std::vector<VerifiedCase> results = verify(std::vector<fs::path>{folder_, named});
  std::vector<std::string> files;
  for (const VerifiedCase& result : results) {
    EXPECT_EQ(result.status, Status::passed) << result.reason;
    files.push_back(fs::path(result.file).filename().string());
  }
  EXPECT_EQ(files, (std::vector<std::string>{"3.json", "1.json", "2.json", "named.case"}));
  try {
    verify(std::vector<fs::path>{folder_ / "missing"});
    FAIL() << "a missing path must be an Error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::data);
  }
}

TEST_F(Verify, HugeFilesFailBeforeTheyAreRead) {
  const fs::path path = put("{}");
  fs::resize_file(path, (std::uintmax_t{64} << 20) + 1);
  EXPECT_EQ(verify_one(path).status, Status::failed);
}

}  // namespace
}  // namespace thalweg
