// Files that earlier versions have written: each loads, and training goes on from it to the same bits as
// there. x.safetensors was saved after some updates, x.after.safetensors three gradients later.
#include <gtest/gtest.h>

#include <string>

#include "params/test_params.h"
#include "thalweg/checkpoint.h"
#include "thalweg/optimizer.h"

namespace thalweg {
namespace {

struct Saved {
  const char* name;
  const char* chain;
  Dtype dtype;
  int gradients;  // that had come when it was saved
};

void PrintTo(const Saved& saved, std::ostream* out) { *out << saved.name; }

const Saved kSaved[] = {
    {"amsgrad_f32", "clip_norm(1) | adam(amsgrad=true) | decay(0.1) | lr(0.01)", Dtype::f32, 3},
    {"nadam_f64", "nadam | lr(cosine(0.1, total=10, warmup=2))", Dtype::f64, 3},
    {"window_f32", "accumulate(4) | momentum(0.9) | lr(0.1)", Dtype::f32, 6},
    {"average_plateau_f32", "adam | lr(0.1) | plateau(patience=1) | average", Dtype::f32, 4},
};

Params model(Dtype dtype) {
  Params params;
  params.add("weight", {3, 5}, Role::weight, dtype);
  params.add("bias", {7}, Role::bias, dtype);
  return params;
}

void fill_grads(Params& params, int k) {
  std::uint64_t seed = 100u * static_cast<unsigned>(k + 1);
  for (Parameter& p : params) {
    ++seed;
    if (p.dtype() == Dtype::f32) fill_numbers(p.grad<float>(), seed);
    if (p.dtype() == Dtype::f64) fill_numbers(p.grad<double>(), seed);
  }
}

class OldCheckpoints : public testing::TestWithParam<Saved> {};
INSTANTIATE_TEST_SUITE_P(All, OldCheckpoints, testing::ValuesIn(kSaved),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST_P(OldCheckpoints, E12LoadAndGoOnToTheSameBits) {
  const Saved& saved = GetParam();
  const std::string path = std::string(THALWEG_TESTS) + "/data/checkpoints/" + saved.name;
  Params params = model(saved.dtype), after = model(saved.dtype);
  Optimizer optimizer(params, Chain(saved.chain));
  EXPECT_EQ(load_checkpoint(path + ".safetensors", params, optimizer).metadata.at("note"), "kept");
  EXPECT_EQ(optimizer.gradients(), static_cast<std::uint64_t>(saved.gradients));
  for (int k = saved.gradients; k < saved.gradients + 3; ++k) {
    fill_grads(params, k);
    optimizer.step();
    if (optimizer.observes()) optimizer.observe(1.0);
  }
  load_parameters(path + ".after.safetensors", after);
  for (std::size_t p = 0; p < params.size(); ++p)
    EXPECT_TRUE(value_bits(params[p]) == value_bits(after[p])) << p;
}

}  // namespace
}  // namespace thalweg
