// The kinds `layer` and `training_run`.
#include "thalweg/module.h"
#include "verify/test_verify.h"

namespace thalweg {
namespace {

const char* const kLayers[] = {"elu",
                               "gelu_tanh",
                               "group_norm",
                               "group_norm_4d",
                               "layer_norm",
                               "leaky_relu",
                               "linear",
                               "linear_no_bias",
                               "log_softmax_axis",
                               "log_softmax_extreme",
                               "mish",
                               "layer_norm_no_affine",
                               "relu6",
                               "rms_norm_3d",
                               "silu_random",
                               "softmax_axis",
                               "softmax_extreme",
                               "softplus",
                               "tanh"};
const char* const kRuns[] = {"pytorch-2.13.0-run/training-digits-full_batch-adamw.json",
                             "pytorch-2.13.0-run/training-digits-mini_batches_uneven-adam.json",
                             "keras/fit-adam-exponential-decay.json"};

Json layer_case(const std::string& name) { return read_oracle("pytorch-2.13.0-run/layer-" + name + ".json"); }

void move(Json& number) { number = number.get<double>() * (1 + 1e-6) + 1e-6; }

TEST_F(Verify, LayersAreReplayed) {
  for (const char* name : kLayers) {
    const Json test = layer_case(name);
    expect_pass(test);
    Json moved = test;
    move(moved["output"]["values"][0]);
    expect_fail(moved, "of `output`");
    for (std::size_t i = 0; i < test["gradients"].size(); ++i) {
      moved = test;
      move(moved["gradients"][i]["values"].back());
      expect_fail(moved, "1 of ");
      expect_fail(moved, "gradient of " + test["gradients"][i]["name"].get<std::string>());
    }
  }
}

TEST_F(Verify, TrainingRunsAreReplayed) {
  for (const char* name : kRuns) {
    const Json test = read_oracle(name);
    expect_pass(test);
    Json moved = test;
    Json& optimizer = moved["optimizer"];
    optimizer["beta1"] = 0.91;
    expect_fail(moved, "numbers differ");
  }
  Json test = read_oracle(kRuns[1]);
  for (const char* part : {"losses", "final_loss_all"}) {
    Json moved = test;
    Json& number = moved["expected"][part];
    move(number.is_array() ? number.back() : number);
    expect_fail(moved, std::string("of `") + part + "`");
  }
  move(test["expected"]["final_weights"][2]["values"][7]);
  expect_fail(test, "element 7 of `w2`");
}

TEST_F(Verify, ALayerThatTheEngineLacksIsSkippedByName) {
  expect_skip(layer_case("embedding"), "layer embedding");
  Json test = layer_case("elu");
  test["options"]["scale"] = 2;
  expect_skip(test, "options, scale");
  test = layer_case("elu");
  test["inputs"].push_back({{"name", "mask"}, {"shape", {1}}, {"values", {1}}});
  expect_skip(test, "inputs mask");
  test = layer_case("gelu_tanh");
  test["options"]["approximate"] = "sigmoid";
  expect_skip(test, "approximate sigmoid");
  test = layer_case("tanh");
  test["after"] = Json::array({{{"name", "h"}, {"shape", {1}}, {"values", {1}}}});
  expect_skip(test, "after h");
}

TEST_F(Verify, ATrainingThatTheEngineLacksIsSkippedByName) {
  const Json test = read_oracle(kRuns[1]), fit = read_oracle(kRuns[2]);
  Json other = test;
  other["model"]["layers"][0]["activation"] = "hardswish";
  expect_skip(other, "activation hardswish");
  other["model"]["layers"][0]["activation"] = "dense(6)";
  expect_skip(other, "activation dense(6)");
  other = test;
  other["model"]["layers"][0]["type"] = "lstm";
  expect_skip(other, "layer lstm");
  expect_skip(changed(test, "loss", "ctc of all"), "loss ctc");
  other = test;
  other["optimizer"]["algorithm"] = "unheard_of";
  expect_skip(other, "algorithm unheard_of");
  expect_skip(changed(fit, "shuffle", true), "shuffle of the library");
  other = fit;
  other["data"]["x"] = "randn(16,2)";
  expect_skip(other, "data randn(16,2)");
}

TEST_F(Verify, DamagedLayersFail) {
  const Json test = layer_case("linear");
  const auto expect = [&](const char* path, const Json& value, const std::string& part) {
    Json damaged = test;
    damaged[Json::json_pointer(path)] = value;
    expect_fail(damaged, part);
  };
  expect("/inputs/0/values", {1, 2}, "does not fill its shape");
  expect("/inputs/0/shape", {4, -3}, "no size");
  expect("/inputs/0/shape", {4, 4000000000000000000, 4}, "invalid sizes");
  expect("/inputs/1/name", "x", "two tensors of `inputs` are called `x`");
  expect("/inputs/1/name", "w", "`inputs` has no `weight`");
  expect("/inputs/1/shape", {6}, "`weight` does not have 2 dimensions");
  expect("/inputs/1/shape", {3, 2}, "do not fit");
  expect("/output/shape", {2, 4}, "another shape");
  expect("/output/values", {1}, "`output` has another size");
  expect("/upstream", {1}, "`upstream` does not fit");
  expect("/gradients/0/name", "y", "a gradient of no input: `y`");
  expect("/gradients/0/values", {1}, "another size");
  expect("/options", 3, "an object is wanted");
  expect("/layer", Json(), "a string is wanted");
  Json norm = layer_case("layer_norm");
  norm["options"]["normalized_shape"] = {5};
  expect_fail(norm, "not the end of the shape");
  norm = layer_case("group_norm");
  norm["options"]["groups"] = 4;
  expect_fail(norm, "4 groups of 6 channels");
  norm["options"]["groups"] = 1e300;
  expect_fail(norm, "no number of groups");
  Json softmax = layer_case("softmax_axis");
  softmax["options"]["axis"] = 3;
  expect_fail(softmax, "no such axis");
  softmax["options"]["axis"] = 0.5;
  expect_fail(softmax, "no dimension");
}

TEST_F(Verify, DamagedTrainingRunsFail) {
  const Json test = read_oracle(kRuns[1]), fit = read_oracle(kRuns[2]);
  const auto expect = [&](const Json& from, const char* path, const Json& value, const std::string& part) {
    Json damaged = from;
    damaged[Json::json_pointer(path)] = value;
    expect_fail(damaged, part);
  };
  expect(test, "/batches/0/0", 32, "`batches` is no whole number from 0 to 31");
  expect(test, "/batches/0", Json::array(), "a batch is empty");
  expect(test, "/data/y", {1}, "differ in length");
  expect(test, "/data/y/0", 10, "has a class that the network does not");
  expect(test, "/data/x_times_16/0", {1}, "differ in length");
  expect(test, "/model/layers", Json::array(), "too many entries");
  expect(test, "/model/layers/0/units", 7, "does not fit its layer");
  expect(test, "/model/layers/0/units", 1e6, "the network is too large");
  expect(test, "/model/weights", Json::array(), "too few entries");
  expect(test, "/expected/losses", {1}, "another length");
  expect(test, "/expected/final_weights/0/values", {1}, "another size");
  expect(test, "/expected/final_weights", Json::array(), "another number of entries");
  expect(fit, "/data/y", "reshape(arange(16),(16,1))", "`y` does not fit the network");
  expect(fit, "/epochs", 1e6, "too long");
  expect(fit, "/batch_size", 0, "no whole number from 1");
}

}  // namespace
}  // namespace thalweg
