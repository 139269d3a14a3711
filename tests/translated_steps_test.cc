// What `translate` makes of a call steps as the library that has it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "thalweg/chain.h"
#include "thalweg/lab/translate.h"
#include "thalweg/optimizer.h"

namespace thalweg {
namespace {

using Json = nlohmann::json;

Json read_oracle(const std::string& name) {
  std::ifstream in(std::string(THALWEG_TESTS) + "/vectors/oracles/" + name);
  return Json::parse(in);
}

// Runs the chain over the gradients of a case that the library itself computed.
void expect_steps(const std::string& file, const std::string& call) {
  const Json test = read_oracle(file);
  Params params;
  for (std::size_t p = 0; p < test["params"].size(); ++p) {
    const Json& one = test["params"][p];
    Parameter& made =
        params.add("p" + std::to_string(p), one["shape"].get<Shape>(), Role::weight, Dtype::f64);
    std::ranges::copy(one["init"].get<std::vector<double>>(), made.value<double>().begin());
  }
  Optimizer optimizer(params, Chain(translate(call).chain));
  const Json& steps = test["gradient"]["steps"];
  const double rtol = test["tolerance"]["rtol"], atol = test["tolerance"]["atol"];
  std::uint64_t done = 0;
  for (const Json& want : test["expected"]) {
    for (; done < want["after_step"].get<std::uint64_t>(); ++done) {
      const Json& gradient = steps[std::min<std::size_t>(done, steps.size() - 1)];
      for (std::size_t p = 0; p < gradient.size(); ++p) {
        std::ranges::copy(gradient[p].get<std::vector<double>>(), params[p].grad<double>().begin());
      }
      optimizer.step();
    }
    for (std::size_t p = 0; p < want["params"].size(); ++p) {
      const auto numbers = want["params"][p].get<std::vector<double>>();
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        EXPECT_NEAR(params[p].value<double>()[i], numbers[i], atol + rtol * std::abs(numbers[i]))
            << file << done;
      }
    }
  }
}

TEST(Translate, TheChainStepsAsTheLibraryDid) {
  expect_steps("pytorch-2.13.0-run/adadelta.json", "torch.optim.Adadelta(p)");
  expect_steps("pytorch-2.13.0-run/radam_early_switch.json",
               "torch.optim.RAdam(p, lr=0.01, betas=(0.9, 0.9), eps=1e-6)");
  expect_steps("pytorch-2.13.0-run/rprop_clamped.json",
               "torch.optim.Rprop(p, lr=0.1, etas=(0.3, 1.8), step_sizes=(0.05, 0.3))");
  expect_steps("pytorch-2.13.0-run/sgd_nesterov.json", "torch.optim.SGD(p, 0.02, 0.9, nesterov=True)");
  expect_steps("pytorch-2.13.0-run/clip_grad_norm_adamw.json",
               "clip_grad_norm_(p, 0.5); torch.optim.AdamW(p, lr=0.01, weight_decay=0.1)");
  expect_steps("keras-3.15.1-run/adamax_hard.json",
               "keras.optimizers.Adamax(0.02, beta_1=0.8, beta_2=0.9, epsilon=0.001)");
  expect_steps("keras-3.15.1-run/sgd_momentum.json",
               "keras.optimizers.SGD(learning_rate=0.02, momentum=0.9)");
  expect_steps("optax-0.2.8-run/adabelief.json", "optax.adabelief(0.01)");
  expect_steps("optax-0.2.8-run/adamw_strong.json", "optax.adamw(0.05, b2=0.95, weight_decay=0.3)");
  expect_steps("optax-0.2.8-run/adan.json", "optax.adan(learning_rate=0.01)");
  expect_steps("optax-0.2.8-run/yogi_hard.json", "optax.yogi(0.02, b1=0.8, b2=0.9, eps=0.01)");
}

}  // namespace
}  // namespace thalweg
