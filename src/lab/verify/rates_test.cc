#include <cmath>

#include "verify/test_verify.h"

namespace thalweg {
namespace {

class VerifyRates : public Verify {};

TEST_F(VerifyRates, SchedulesArePassedOnlyWhereTheFormulaIsOurs) {
  const Json line = {{"name", "polynomial"}, {"init", 8}, {"end", 0}, {"steps", 4}};
  expect_pass(schedule_case(line, {{0, 8}, {1, 6}, {9, 0}}));
  expect_pass(schedule_case(line, {{0.5, 7}}));
  expect_skip(schedule_case(line, {{-1, 8}}), "points that are no numbers of updates");
  expect_pass(schedule_case(changed(line, "power", 2), {{0, 8}, {2, 2}, {4, 0}}));
  expect_pass(schedule_case(changed(line, "begin", 3), {{0, 8}, {3, 8}, {4, 6}, {7, 0}}));
  expect_pass(schedule_case(changed(line, "cycle", true), {{4, 0}, {6, 2}, {8, 0}, {9, 2}}));
  expect_pass(schedule_case(changed(line, "steps", 0), {{0, 8}, {9, 8}}));
  expect_skip(schedule_case(changed(line, "novelty", 1), {{0, 8}}), "schedule polynomial, novelty");
  expect_skip(schedule_case(changed(line, "name", "spiral"), {{0, 8}}), "schedule spiral");

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
  expect_pass(schedule_case(changed(wsd, "shape", "sqrt"), {{2, 4}, {3, 2}, {6, 0}}));
  expect_skip(schedule_case(changed(wsd, "shape", "cube"), {{0, 0}}), "schedule wsd, shape cube");
  const Json too_long = {{"name", "hf_cosine"}, {"init", 1}, {"warmup", 9}, {"total", 9}};
  EXPECT_EQ(verify_json(schedule_case(too_long, {{0, 0}})).reason.rfind("refused by design: ", 0), 0u);
}

TEST_F(VerifyRates, SchedulesOfTransformersTurnWhereTheirFormulaDoes) {
  const Json cosine = {{"name", "hf_cosine"}, {"init", 4}, {"warmup", 2}, {"total", 10}};
  expect_pass(schedule_case(cosine, {{1, 2}, {2, 4}, {6, 2}, {10, 0}, {14, 2}}));
  expect_pass(schedule_case(changed(cosine, "cycles", 1), {{4, 2}, {6, 0}, {10, 4}, {14, 0}}));
  expect_skip(schedule_case(changed(cosine, "cycles", 0.7), {{0, 0}}),
              "schedule hf_cosine, cycles 0.7 that turn between two updates");
  const Json power = {
      {"name", "hf_polynomial"}, {"init", 4}, {"warmup", 2}, {"total", 10}, {"power", 2}, {"lr_end", 1}};
  expect_pass(schedule_case(power, {{1, 2}, {2, 4}, {6, 1.75}, {10, 1}, {99, 1}}));
}

TEST_F(VerifyRates, BoundariesBelongToTheValueThatTheLibraryGivesThem) {
  const Json keras = {{"name", "piecewise_values"}, {"boundaries", {3}}, {"values", {4, 2}}};
  expect_pass(schedule_case(keras, {{3, 4}, {4, 2}}));
  expect_pass(schedule_case(keras, {{3, 4}, {3.5, 2}}));
  expect_pass(schedule_case(keras, {{-7, 4}, {-0.5, 4}, {3, 4}, {4, 2}}));  // one function of t - boundary
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
  unknown["parts"][1] = {{"name", "spiral"}};
  expect_skip(schedule_case(unknown, {{0, 4}}), "schedule spiral");
}

TEST_F(VerifyRates, AnExponentialIsBoundedByItsEndValue) {
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

TEST_F(VerifyRates, SchedulersAreSchedulesOfTheirGroups) {
  Json test = read_oracle("pytorch-2.13.0-run/lr-linear.json");
  test["schedulers"] =
      Json::array({{{"cls", "ChainedScheduler"}, {"args", {{"schedulers", test["schedulers"]}}}}});
  expect_pass(test);
  const Json unknown = {{"cls", "SpiralLR"}},
             cosine = {{"cls", "CosineAnnealingLR"}, {"args", {{"T_max", 3}}}};
  test["schedulers"].push_back(unknown);
  expect_skip(test, "scheduler SpiralLR");
  test["schedulers"][1] = cosine;
  expect_skip(test, "several schedulers at once: ChainedScheduler and CosineAnnealingLR");
  test["schedulers"] = Json::array({{{"cls", "StepLR"}}});
  expect_skip(test, "scheduler StepLR: schedule step without step_size");
  test["schedulers"] = Json::array({cosine});
  test["mode"] = "spiral";
  expect_skip(test, "mode spiral of CosineAnnealingLR");
}

TEST_F(VerifyRates, SchedulesThatFallAsPowersAreTheirFormulas) {
  const Json time = {{"name", "inverse_time"}, {"init", 4}, {"decay_rate", 1}, {"decay_steps", 2}};
  expect_pass(schedule_case(time, {{0, 4}, {2, 2}, {6, 1}}));
  expect_pass(schedule_case(changed(time, "staircase", true), {{1, 4}, {2, 2}, {5, 4.0 / 3}}));
  const Json root = {{"name", "hf_inverse_sqrt"}, {"init", 4}, {"warmup", 4}};
  expect_pass(schedule_case(root, {{2, 2}, {4, 4}, {16, 2}}));
  expect_pass(schedule_case(changed(root, "timescale", 12), {{4, 4}, {40, 2}}));
  expect_pass(schedule_case({{"name", "inverse_sqrt"}, {"init", 4}}, {{0, 4}, {30000, 2}}));
  const Json noam = {{"name", "noam"}, {"model_size", 16}, {"warmup_steps", 4}, {"factor", 8}};
  expect_pass(schedule_case(noam, {{0, 0.25}, {3, 1}, {15, 0.5}}));
  expect_skip(schedule_case(noam, {{0.5, 1}}), "schedule noam, points between two updates");
}

TEST_F(VerifyRates, CyclesAreThoseOfTheLibrary) {
  const Json triangle = {{"name", "cyclical"}, {"init", 1}, {"max", 5}, {"step_size", 4}};
  expect_pass(schedule_case(triangle, {{0, 1}, {4, 5}, {8, 1}, {11.5, 4.5}}));
  expect_pass(schedule_case(changed(triangle, "scale", "triangular2"), {{4, 5}, {12, 3}}));
  const Json falls = changed(changed(triangle, "scale", "exp"), "gamma", 0.5);
  expect_pass(schedule_case(falls, {{4, 1.25}}));
  expect_pass(
      schedule_case(changed(falls, "scale_mode", "iterations"), {{3.5, 1 + 3.5 * std::pow(0.5, 3.5)}}));
  expect_skip(schedule_case(changed(falls, "scale_mode", "cycle"), {{4, 1.25}}),
              "schedule cyclical, mode exp");
  Json test = {{"kind", "lr_scheduler"},
               {"mode", "cycle"},
               {"initial_lr", {8, 8}},
               {"tolerance", {{"rtol", 1e-12}, {"atol", 0}}}};
  const Json args = {{"base_lr", {1, 2}}, {"max_lr", {5, 6}}, {"step_size_up", 4}};
  test["schedulers"] = Json::array({{{"cls", "CyclicLR"}, {"args", args}}});
  test["expected_lr"] = {{1, 2, 3, 4, 5, 4}, {2, 3, 4, 5, 6, 5}};
  test["momentum_targets"] = {{0.9, 0.875, 0.85, 0.825, 0.8}};
  expect_pass(test);
  test["schedulers"][0]["args"]["cycle_momentum"] = false;
  expect_skip(test, "a momentum that is not cycled");
  for (const Json& none :
       {Json(), Json::array({nullptr, nullptr}), Json{{nullptr, nullptr}, {nullptr, nullptr}}}) {
    test["momentum_targets"] = none;
    expect_pass(test);
  }
  test.erase("momentum_targets");
  expect_pass(test);
  test["schedulers"][0]["args"]["scale_fn"] = "f";
  expect_skip(test, "scheduler CyclicLR: schedule torch_cyclic, scale_fn");
}

TEST_F(VerifyRates, FunctionsOfPythonAreReadWhereTheyArePowers) {
  Json test = {{"kind", "lr_scheduler"},
               {"mode", "epoch"},
               {"initial_lr", {8, 4}},
               {"tolerance", {{"rtol", 1e-12}, {"atol", 0}}}};
  const Json lambda = {{"cls", "LambdaLR"}, {"args", {{"lr_lambda", {"CALLABLE", "CALLABLE"}}}}};
  test["schedulers"] = Json::array({lambda});
  test["expected_lr"] = {{8, 4, 2}, {4, 1, 0.25}};
  expect_skip(test, "scheduler LambdaLR: schedule torch_lambda, lr_lambda CALLABLE");
  test["lambda_expressions"] = {"0.5**x1", "0.25**x"};
  expect_pass(test);
  test["schedulers"][0]["cls"] = "MultiplicativeLR";
  test["lambda_expressions"] = {"0.5", "0.25"};
  expect_pass(test);
  test["lambda_expressions"] = {"0.5", "x"};
  expect_skip(test, "scheduler MultiplicativeLR: schedule torch_multiplicative, lr_lambda x");
}

TEST_F(VerifyRates, APlateauCutsWhatTheOthersGoOnFrom) {
  const Json plateau = {{"cls", "ReduceLROnPlateau"}, {"args", {{"patience", 0}, {"factor", 0.5}}}};
  Json test = {{"kind", "lr_scheduler"},
               {"mode", "plateau"},
               {"initial_lr", {8}},
               {"metrics", {3, 3, 2, 2}},
               {"tolerance", {{"rtol", 1e-12}, {"atol", 0}}}};
  test["schedulers"] = Json::array({plateau});
  test["expected_lr"] = {{8, 4, 4, 2}};
  expect_pass(test);
  const Json halves = {{"cls", "ExponentialLR"}, {"args", {{"gamma", 0.5}}}};
  test["schedulers"].push_back(halves);
  test["expected_lr"] = {{4, 1, 0.5, 0.125}};
  expect_pass(test);
  const Json cosine = {{"cls", "CosineAnnealingLR"}, {"args", {{"T_max", 2}, {"eta_min", 1}}}};
  test["schedulers"][1] = cosine;
  test["metrics"] = {3, 2, 1, 0};
  test["expected_lr"] = {{4.5, 1, 4.5, 8}};
  expect_pass(test);
  test["metrics"] = {3, 3, 2, 1};  // 4.5 is cut to 2.25 before it falls to 1, from where it climbs anew
  expect_pass(test);
  test["schedulers"][1]["cls"] = "CyclicLR";
  expect_skip(test, "ReduceLROnPlateau beside a scheduler that sets the rate");
  test["schedulers"] = Json::array({halves, plateau});
  expect_skip(test, "scheduler ReduceLROnPlateau");
  test["schedulers"] = Json::array({plateau});
  test["schedulers"][0]["args"]["novelty"] = 1;
  expect_skip(test, "scheduler ReduceLROnPlateau, novelty");
  test["mode"] = "epoch";
  expect_skip(test, "mode epoch of ReduceLROnPlateau");
}

TEST_F(VerifyRates, SchedulersAtOnceMultiplyAndInTurnBeginAnew) {
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

}  // namespace
}  // namespace thalweg
