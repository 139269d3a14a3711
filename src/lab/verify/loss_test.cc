// Losses of torch, replayed. That the cases of tests/vectors/oracles pass is verify_test.cc's.
#include "verify/test_verify.h"

namespace thalweg {
namespace {

Json loss_case(const std::string& name, const Json& options, const std::string& reduction) {
  return {{"kind", "loss"},
          {"loss", name},
          {"options", options},
          {"reduction", reduction},
          {"inputs", {{{"name", "input"}, {"shape", {2, 2}}, {"values", {1, 2, 3, 4}}}}},
          {"targets", {{{"name", "target"}, {"shape", {2, 2}}, {"values", {0, 0, 0, 0}}}}},
          {"value", {{"shape", Json::array()}, {"values", {7.5}}}},
          {"gradients", {{{"name", "input"}, {"values", {0.5, 1, 1.5, 2}}}}},
          {"tolerance", {{"rtol", 1e-12}, {"atol", 1e-13}}}};
}

TEST_F(Verify, ALossIsValueAndGradient) {
  const Json good = loss_case("mse_loss", Json::object(), "mean");
  expect_pass(good);
  expect_pass(changed(good, "options", {{"weight", {{1, 1}, {1, 1}}}}));
  Json wrong = good;
  wrong["gradients"][0]["values"][2] = 1.5 + 1e-9;
  expect_fail(wrong, "element 2 of `input`: got 1.5");
  wrong = good;
  wrong["value"]["values"][0] = 7.6;
  expect_fail(wrong, "of `value`");
  Json sum = changed(good, "reduction", "sum");
  sum["value"]["values"] = {30};
  sum["gradients"][0]["values"] = {2, 4, 6, 8};
  expect_pass(sum);
  Json none = changed(sum, "reduction", "none");
  none["upstream"] = {1, 0, -1, 0.5};
  none["value"]["values"] = {1, 4, 9, 16};
  none["gradients"][0]["values"] = {2, 0, -6, 4};
  expect_pass(none);
}

// torch divides mse by the sum of its weights, huber by the number of elements.
TEST_F(Verify, WeightsOfElementsAreStretchedOverTheInput) {
  Json test = loss_case("mse_loss", {{"weight", {1, 3}}}, "mean");
  test["value"]["values"] = {(1 * 1 + 3 * 4 + 1 * 9 + 3 * 16) / 8.0};
  test["gradients"][0]["values"] = {0.25, 1.5, 0.75, 3};
  expect_pass(test);
  test = loss_case("huber_loss", {{"weight", {{1}, {3}}}, {"delta", 10}}, "mean");
  test["value"]["values"] = {(1 + 4 + 3 * 9 + 3 * 16) / 8.0};
  test["gradients"][0]["values"] = {0.25, 0.5, 2.25, 3};
  expect_pass(test);
}

TEST_F(Verify, WhatALossLacksIsSkippedByName) {
  expect_skip(loss_case("ctc_loss", Json::object(), "mean"), "loss ctc_loss");
  expect_skip(loss_case("mse_loss", {{"size_average", true}}, "mean"), "loss mse_loss, size_average");
  expect_skip(loss_case("mse_loss", Json::object(), "median"), "reduction median");
  const VerifiedCase refused = verify_json(loss_case("huber_loss", {{"delta", -1}}, "mean"));
  EXPECT_EQ(refused.status, Status::skipped);
  EXPECT_EQ(refused.reason.rfind("refused by design: ", 0), 0u) << refused.reason;
}

TEST_F(Verify, ImpossibleLossesFail) {
  const Json good = loss_case("mse_loss", Json::object(), "mean");
  const auto with = [&](const char* pointer, const Json& value) {
    Json test = good;
    test[Json::json_pointer(pointer)] = value;
    return test;
  };
  expect_fail(with("/inputs/0/shape", {2, 3}), "another size than its shape");
  expect_fail(with("/inputs/0/shape", {-2, -2}), "impossible shape");
  expect_fail(with("/inputs/0/shape", {4294967296, 4294967296}), "impossible shape");
  expect_fail(with("/inputs/0/shape", {2, 2.5}), "impossible shape");
  expect_fail(with("/inputs", Json::array()), "number of inputs");
  expect_fail(with("/targets", Json::array()), "one target");
  expect_fail(with("/targets/0/shape", {4}), "do not fit together");
  expect_fail(with("/value/values", {1, 2}), "`value` has another size");
  expect_fail(with("/gradients/0/name", "other"), "no input");
  expect_fail(with("/gradients/0/values", {1}), "another size");
  expect_fail(with("/reduction", "none"), "`upstream` is missing");
  expect_fail(with("/options", {{"weight", {1, 2, 3}}}), "do not fit together");
  expect_fail(changed(good, "loss", "cross_entropy"), "");
  Json wide = good;
  const Json many = std::vector<double>(5000);
  wide["inputs"][0] = {{"name", "input"}, {"shape", {5000, 1}}, {"values", many}};
  wide["targets"][0] = {{"name", "target"}, {"shape", {1, 5000}}, {"values", many}};
  expect_fail(wide, "too many elements");
}

TEST_F(Verify, WrongTypesInLossesAreReported) {
  for (const char* file :
       {"pytorch-2.13.0-run/loss-cross_entropy_ignore_index_weights-mean.json",
        "pytorch-2.13.0-run/loss-bce_with_logits_pos_weight-mean.json",
        "pytorch-2.13.0-run/loss-gaussian_nll-mean.json", "pytorch-2.13.0-run/loss-triplet_margin-sum.json",
        "pytorch-2.13.0-run/loss-hinge_embedding-none.json"}) {
    const Json original = read_oracle(file).flatten();
    for (const auto& [key, value] : original.items()) {
      for (const Json& other : {Json(), Json(-1), Json("x"), Json(1e300), Json::array(), Json::object()}) {
        Json test = original.unflatten();
        test[Json::json_pointer(key)] = other;
        const VerifiedCase result = verify_json(test);
        EXPECT_EQ(result.reason.empty(), result.status == Status::passed) << file << ": " << key;
      }
    }
  }
}

}  // namespace
}  // namespace thalweg
