#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "thalweg/error.h"
#include "thalweg/study.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Status = VerifiedCase::Status;

const fs::path kOracles = fs::path(THALWEG_TESTS) / "vectors/oracles";

VerifiedCase verify_one(const fs::path& path) {
  const std::vector<VerifiedCase> results = verify(std::vector<fs::path>{path});
  EXPECT_EQ(results.size(), 1u);
  return results.at(0);
}

Json read_oracle(const std::string& name) {
  std::ifstream in(kOracles / name);
  return Json::parse(in);
}

class Verify : public testing::Test {
 protected:
  Verify() : folder_(fs::temp_directory_path() / ("thalweg-verify-" + std::to_string(getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Verify() override { fs::remove_all(folder_); }

  fs::path put(const std::string& text, const std::string& name = "case.json") const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }
  VerifiedCase verify_text(const std::string& text) const { return verify_one(put(text)); }
  VerifiedCase verify_json(const Json& test) const { return verify_text(test.dump()); }

  void expect_skip(const Json& test, const std::string& reason) const {
    const VerifiedCase result = verify_json(test);
    EXPECT_EQ(result.status, Status::skipped) << result.reason;
    EXPECT_EQ(result.reason, reason);
  }
  void expect_pass(const Json& test) const {
    const VerifiedCase result = verify_json(test);
    EXPECT_EQ(result.status, Status::passed) << result.reason << "\n" << test.dump();
  }
  void expect_fail(const Json& test, const std::string& part) const {
    const VerifiedCase result = verify_json(test);
    EXPECT_EQ(result.status, Status::failed) << result.reason << "\n" << test.dump();
    EXPECT_NE(result.reason.find(part), std::string::npos) << result.reason;
  }

  fs::path folder_;
};

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

Json schedule_case(const Json& schedule, const Json& points) {
  return {{"kind", "schedule"},
          {"schedule", schedule},
          {"points", points},
          {"tolerance", {{"rtol", 1e-12}, {"atol", 1e-14}}}};
}

Json changed(Json object, const char* key, const Json& value) {
  object[key] = value;
  return object;
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
    EXPECT_EQ(result.worst->param, test["params"][1]["name"]);
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
  test["groups"][0]["hyper"]["algorithm"] = "lion";
  expect_skip(test, "algorithm lion");
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
  expect_skip(sgd("lookahead", {{"sync_period", 5}}), "hyper lookahead");
  expect_skip(sgd("never_heard_of", 1), "hyper never_heard_of");
  expect_skip(sgd("form", "onnx"), "hyper without beta");
  expect_skip(sgd("form", "mystery"), "form mystery");
  expect_skip(sgd("pre", {{{"name", "centralize"}}}), "pre centralize");
  for (const char* key : {"amsgrad", "maximize", "nesterov", "cautious"}) expect_pass(sgd(key, false));
  for (const char* key : {"momentum", "dampening", "eps_root", "weight_decay"}) expect_pass(sgd(key, 0));
  expect_pass(sgd("pre", Json::array()));
  expect_pass(sgd("lookahead", nullptr));

  const Json adam = {{"lr", 1},    {"beta1", 0.9},          {"beta2", 0.9},
                     {"eps", 0.1}, {"eps_form", "strange"}, {"amsgrad", true}};
  expect_skip(one_step("adam", adam, gradient, {{1}}, {{0}}), "eps_form strange");
  Json without_eps = adam;
  without_eps["eps"] = 0;
  without_eps["amsgrad"] = false;
  expect_pass(one_step("adam", without_eps, gradient, {{1}}, {{0}}));
  expect_skip(one_step("lion", adam, gradient, {{1}}, {{0}}), "algorithm lion");

  Json field = sgd("momentum", 0);
  field["expected"][0]["slow_params"] = {{1}};
  field["expected_state"] = Json::array();
  expect_skip(field, "field slow_params");
  expect_skip({{"kind", "training_run"}}, "kind training_run is not replayed");
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
  expect_skip(by_value, "clipping by value");
}

TEST_F(Verify, SchedulesArePassedOnlyWhereTheFormulaIsOurs) {
  const Json line = {{"name", "polynomial"}, {"init", 8}, {"end", 0}, {"steps", 4}};
  expect_pass(schedule_case(line, {{0, 8}, {1, 6}, {9, 0}}));
  expect_pass(schedule_case(line, {{0.5, 7}}));
  expect_skip(schedule_case(line, {{-1, 8}}), "points that are no numbers of updates");
  expect_pass(schedule_case(changed(line, "power", 2), {{0, 8}, {2, 2}, {4, 0}}));
  expect_pass(schedule_case(changed(line, "begin", 3), {{0, 8}, {3, 8}, {4, 6}, {7, 0}}));
  expect_pass(schedule_case(changed(line, "cycle", true), {{4, 0}, {6, 2}, {8, 0}, {9, 2}}));
  expect_pass(schedule_case(changed(line, "steps", 0), {{0, 8}, {9, 8}}));
  expect_skip(schedule_case(changed(line, "novelty", 1), {{0, 8}}), "schedule polynomial, novelty");
  expect_skip(schedule_case(changed(line, "name", "noam"), {{0, 8}}), "schedule noam");

  const Json cosine = {
      {"name", "cosine"}, {"init", 0}, {"steps", 4}, {"warmup_steps", 2}, {"warmup_target", 4}};
  expect_pass(schedule_case(cosine, {{0, 0}, {1, 2}, {2, 4}, {4, 2}, {6, 0}, {7, 0}}));
  expect_pass(schedule_case(changed(cosine, "init", 1), {{0, 1}, {1, 2.5}, {2, 4}, {4, 2}}));
  expect_pass(schedule_case(changed(cosine, "exponent", 2), {{2, 4}, {4, 1}, {6, 0}}));
  expect_skip(schedule_case(changed(cosine, "steps", 0), {{0, 0}}), "refused by design: steps 0");

  const Json restarts = {
      {"name", "cosine_restarts"}, {"init", 4}, {"first_steps", 2}, {"t_mul", 2}, {"alpha", 0.5}};
  expect_pass(schedule_case(restarts, {{0, 4}, {1, 3}, {2, 4}, {4, 3}, {6, 4}}));
  expect_pass(schedule_case(changed(restarts, "m_mul", 0.5), {{0, 4}, {1, 3}, {2, 3}, {4, 2.5}, {6, 2.5}}));

  const Json torch = {{"name", "torch_cosine"}, {"init", 4}, {"T_max", 2}};
  expect_pass(schedule_case(torch, {{1, 2}, {2, 0}, {3, 2}, {4, 4}}));
  const Json wsd = {{"name", "wsd"}, {"init", 4},  {"warmup", 2},
                    {"stable", 0},   {"decay", 4}, {"shape", "linear"}};
  expect_pass(schedule_case(wsd, {{1, 2}, {2, 4}, {4, 2}, {8, 0}}));
  expect_pass(schedule_case(changed(wsd, "stable", 3), {{1, 2}, {5, 4}, {7, 2}, {9, 0}}));
  expect_skip(schedule_case(changed(wsd, "shape", "sqrt"), {{0, 0}}), "schedule wsd, shape sqrt");
  const Json too_long = {{"name", "hf_cosine"}, {"init", 1}, {"warmup", 9}, {"total", 9}};
  EXPECT_EQ(verify_json(schedule_case(too_long, {{0, 0}})).reason.rfind("refused by design: ", 0), 0u);
}

TEST_F(Verify, SchedulesOfTransformersTurnWhereTheirFormulaDoes) {
  const Json cosine = {{"name", "hf_cosine"}, {"init", 4}, {"warmup", 2}, {"total", 10}};
  expect_pass(schedule_case(cosine, {{1, 2}, {2, 4}, {6, 2}, {10, 0}, {14, 2}}));
  expect_pass(schedule_case(changed(cosine, "cycles", 1), {{4, 2}, {6, 0}, {10, 4}, {14, 0}}));
  expect_skip(schedule_case(changed(cosine, "cycles", 0.7), {{0, 0}}),
              "schedule hf_cosine, cycles 0.7 that turn between two updates");
  const Json power = {
      {"name", "hf_polynomial"}, {"init", 4}, {"warmup", 2}, {"total", 10}, {"power", 2}, {"lr_end", 1}};
  expect_pass(schedule_case(power, {{1, 2}, {2, 4}, {6, 1.75}, {10, 1}, {99, 1}}));
}

TEST_F(Verify, BoundariesBelongToTheValueThatTheLibraryGivesThem) {
  const Json keras = {{"name", "piecewise_values"}, {"boundaries", {3}}, {"values", {4, 2}}};
  expect_pass(schedule_case(keras, {{3, 4}, {4, 2}}));
  expect_pass(schedule_case(keras, {{3, 4}, {3.5, 2}}));
  const Json optax = {{"name", "piecewise_scales"}, {"init", 4}, {"boundaries_and_scales", {{3, 0.5}}}};
  expect_pass(schedule_case(optax, {{2, 4}, {3, 2}}));
  Json line = optax;
  line["name"] = "piecewise_interpolate";
  expect_pass(schedule_case(line, {{0, 4}, {1.5, 3}, {3, 2}, {9, 2}}));
  line["kind"] = "quadratic";
  expect_skip(schedule_case(line, {{0, 4}}), "schedule piecewise_interpolate, kind quadratic");
  const Json parts = Json::array({{{"name", "step"}, {"init", 4}, {"gamma", 0.5}, {"step_size", 2}},
                                  {{"name", "constant"}, {"value", 9}}});
  const Json join = {{"name", "join"}, {"parts", parts}, {"boundaries", {5}}};
  expect_pass(schedule_case(join, {{1, 4}, {2, 2}, {4, 1}, {5, 9}}));
  Json unknown = join;
  unknown["parts"][1] = {{"name", "noam"}};
  expect_skip(schedule_case(unknown, {{0, 4}}), "schedule noam");
}

TEST_F(Verify, AnExponentialIsBoundedByItsEndValue) {
  const Json fall = {{"name", "exponential"}, {"init", 4}, {"decay_rate", 0.5}, {"decay_steps", 2}};
  expect_pass(schedule_case(fall, {{0, 4}, {2, 2}, {4, 1}}));
  expect_pass(schedule_case(changed(fall, "end_value", 1.5), {{2, 2}, {4, 1.5}}));
  expect_pass(schedule_case(changed(fall, "end_value", 5), {{0, 5}, {9, 5}}));
  expect_pass(schedule_case(changed(fall, "begin", 3), {{3, 4}, {5, 2}}));
  expect_pass(schedule_case(changed(fall, "decay_rate", 0), {{3, 4}}));
  Json growth = changed(fall, "decay_rate", 2);
  expect_pass(schedule_case(growth, {{0, 4}, {2, 8}}));
  expect_pass(schedule_case(changed(growth, "end_value", 6), {{0, 4}, {2, 6}}));
  expect_pass(schedule_case(changed(growth, "end_value", 1), {{0, 1}, {2, 1}}));
}

TEST_F(Verify, SchedulersAreSchedulesOfTheirGroups) {
  Json test = read_oracle("pytorch-2.13.0-run/lr-linear.json");
  test["schedulers"] =
      Json::array({{{"cls", "ChainedScheduler"}, {"args", {{"schedulers", test["schedulers"]}}}}});
  expect_pass(test);
  const Json unknown = {{"cls", "OneCycleLR"}},
             cosine = {{"cls", "CosineAnnealingLR"}, {"args", {{"T_max", 3}}}};
  test["schedulers"].push_back(unknown);
  expect_skip(test, "scheduler OneCycleLR");
  test["schedulers"][1] = cosine;
  expect_skip(test, "several schedulers at once: ChainedScheduler and CosineAnnealingLR");
  test["schedulers"] = Json::array({{{"cls", "StepLR"}}});
  expect_skip(test, "scheduler StepLR: schedule step without step_size");
  test["schedulers"] = Json::array({cosine});
  test["mode"] = "cycle";
  expect_skip(test, "mode cycle of CosineAnnealingLR");
}

TEST_F(Verify, SchedulersAtOnceMultiplyAndInTurnBeginAnew) {
  const Json halves = {{"cls", "StepLR"}, {"args", {{"step_size", 2}, {"gamma", 0.5}}}};
  const Json tenths = {{"cls", "MultiStepLR"}, {"args", {{"milestones", {4, 1}}}}};
  Json test = {{"kind", "lr_scheduler"},
               {"mode", "epoch"},
               {"initial_lr", {8}},
               {"tolerance", {{"rtol", 1e-12}, {"atol", 0}}}};
  test["schedulers"] = Json::array({halves, tenths});
  test["expected_lr"] = {{8, 0.8, 0.4, 0.4, 0.02}};
  expect_pass(test);
  test["schedulers"] = Json::array(
      {{{"cls", "SequentialLR"}, {"args", {{"schedulers", {tenths, halves}}, {"milestones", {2}}}}}});
  test["expected_lr"] = {{8, 0.8, 8, 8, 4}};
  expect_pass(test);
  test["schedulers"][0]["args"]["novelty"] = 1;
  expect_skip(test, "scheduler SequentialLR with more options");
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
