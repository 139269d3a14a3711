// Whatever executes a step, its bits are the same: over the whole catalogue, on a second device.
#include <gtest/gtest.h>

#include <cmath>

#include "copying_device.h"
#include "laws.h"
#include "step/optimizer_impl.h"

namespace thalweg {
namespace {

using DeviceLaws = Laws;

INSTANTIATE_TEST_SUITE_P(EveryTransform, DeviceLaws, testing::ValuesIn(all_transforms()),
                         [](const auto& tested) { return std::string(tested.param->spec.name); });

std::string bits_on(DeviceMaker maker, const std::vector<Entry>& entries, Dtype dtype,
                    const std::string& chain, const OptimizerOptions& options) {
  Params params = make_params(entries, dtype);
  Optimizer optimizer = make_optimizer(params, Chain(chain), options, maker);
  std::string out;
  for (int k = 0; k < kSteps; ++k) {
    fill_grads(params, k);
    params[1].set_absent(k == 2);
    const Report report = optimizer.step();
    out += bits_of(&report.grad_norm, sizeof(double)) + std::to_string(report.nonfinite);
    for (const ParameterReport& p : report.parameters) {
      out += bits_of(&p.update_norm, sizeof(double)) + bits_of(p.grads.data(), sizeof(p.grads));
    }
    for (Parameter& p : params) out += bits_of(p.grad_buffer().data, p.grad_buffer().bytes());
  }
  return out + all_bits(params, optimizer);
}

TEST_P(DeviceLaws, SameBitsOnASecondDevice) {
  for_each_chain([](const std::string& chain, Dtype dtype) {
    OptimizerOptions plain;
    OptimizerOptions rich = with_statistics(1);
    rich.grad_norm = rich.zero_grad = true;
    for (const OptimizerOptions& options : {plain, rich}) {
      const std::string cpu = bits_on(make_cpu, kSmall, dtype, chain, options);
      EXPECT_TRUE(bits_on(make_copying_device, kSmall, dtype, chain, options) == cpu);
    }
  });
}

TEST(SecondDevice, HasTheSameBitsOverManyBlocks) {
  for (const char* chain :
       {"clip_norm(1) | adamw(lr=0.1)", "agc(0.1) | momentum | trust_ratio | lr(0.1) | average",
        "accumulate(2) | centralize | adam | clip_norm(1, per=tensor) | lr(0.1)"}) {
    const std::string cpu = bits_on(make_cpu, kLarge, Dtype::f32, chain, with_threads(2));
    EXPECT_TRUE(bits_on(make_copying_device, kLarge, Dtype::f32, chain, {}) == cpu) << chain;
  }
}

TEST(SecondDevice, FindsAndZeroesWhatIsNotFinite) {
  for (const DeviceMaker maker : {DeviceMaker(make_cpu), DeviceMaker(make_copying_device)}) {
    Params params = make_params(kSmall, Dtype::f32);
    OptimizerOptions options;
    options.nonfinite = Nonfinite::zero;
    Optimizer optimizer = make_optimizer(params, Chain("adam | lr(0.1)"), options, maker);
    fill_grads(params, 0);
    params[1].grad<float>()[3] = NAN;
    const Report report = optimizer.step();
    EXPECT_EQ(report.nonfinite, 1u);
    EXPECT_EQ(report.nonfinite_parameter, &params[1]);
    EXPECT_EQ(report.nonfinite_index, 3u);
    EXPECT_EQ(params[1].grad<float>()[3], 0.0f);
  }
}

}  // namespace
}  // namespace thalweg
