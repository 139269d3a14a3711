#include "study/test_verify.h"

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
