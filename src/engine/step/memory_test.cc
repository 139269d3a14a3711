// Neighbours in memory: which are stepped by one call, and that no bit depends on it.
#include "device/memory.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "params/test_params.h"
#include "thalweg/optimizer.h"

namespace thalweg {
namespace {

// Whether each parameter is joined to the next, 'j', or not, '|'.
std::string joints(Params& params, const char* chain) {
  const Plan plan(Chain(chain), params);
  Memory memory(params, plan);
  std::string out;
  for (std::size_t p = 0; p + 1 < params.size(); ++p) out += memory.follows(p, p + 1) ? 'j' : '|';
  return out;
}

TEST(Memory, ParametersOfTheLibraryAreJoinedOverTheirPadding) {
  Params params;
  for (const std::int64_t size : {1, 16, 17, 0, 5, 40}) {
    params.add("p" + std::to_string(size), {size}, Role::weight);
  }
  params.add("wide", {5}, Role::weight, Dtype::f64);
  params.add("bias", {5}, Role::bias, Dtype::f64);
  EXPECT_EQ(joints(params, "lr(1)"), "jjj|j|j") << "an empty one ends a run, another type begins one";
  EXPECT_EQ(joints(params, "adam | lr(1)"), "jjj|j|j");
  EXPECT_EQ(joints(params, "adam(on=bias) | momentum(on=rest) | lr(1)"), "jjj|j||") << "other state";
  EXPECT_EQ(joints(params, "accumulate(2) | adam | clip_norm(1) | lr(1)"), "jjj|j|j");
}

// Parameters of these sizes in one piece of memory of the caller, `gaps` elements apart; everything around
// them stays as it is.
class Neighbours {
 public:
  Neighbours(const std::vector<std::size_t>& sizes, std::size_t value_gap, std::size_t grad_gap) {
    std::size_t value = 0, grad = 0;
    for (const std::size_t size : sizes) {
      params.adopt("p" + std::to_string(params.size()), {static_cast<std::int64_t>(size)}, &values_[value],
                   &grads_[grad]);
      value += size + value_gap;
      grad += size + grad_gap;
    }
    for (Parameter& p : params) fill_numbers(p.value<float>(), p.size());
  }

  void fill_grads(std::uint64_t k) {
    for (Parameter& p : params) fill_numbers(p.grad<float>(), 10 * k + p.size());
  }

  bool gaps_stand() const {
    std::vector<float> values = values_, grads = grads_;
    for (const Parameter& p : params) {
      std::fill_n(values.begin() + (p.value<float>().data() - values_.data()), p.size(), kGap);
      std::fill_n(grads.begin() + (p.grad<float>().data() - grads_.data()), p.size(), kGap);
    }
    return std::count(values.begin(), values.end(), kGap) == kElements &&
           std::count(grads.begin(), grads.end(), kGap) == kElements;
  }

 private:
  static constexpr float kGap = 123.5f;
  static constexpr std::ptrdiff_t kElements = 4000;
  std::vector<float> values_ = std::vector<float>(kElements, kGap), grads_ = values_;

 public:
  Params params;
};

TEST(Memory, NeighboursOfTheCallerAreJoinedWithoutAGapOnly) {
  const auto with = [](const std::vector<std::size_t>& sizes, std::size_t value_gap, std::size_t grad_gap,
                       const char* chain) {
    Neighbours neighbours(sizes, value_gap, grad_gap);
    return joints(neighbours.params, chain);
  };
  EXPECT_EQ(with({16, 32, 16}, 0, 0, "adam | lr(1)"), "jj");
  EXPECT_EQ(with({10, 7, 3}, 0, 0, "lr(1)"), "jj");
  EXPECT_EQ(with({10, 16, 3}, 0, 0, "adam | lr(1)"), "|j") << "the state of the first is padded";
  for (const char* chain : {"lr(1)", "adam | lr(1)"}) {
    EXPECT_EQ(with({16, 32, 16}, 16, 16, chain), "||");
    EXPECT_EQ(with({16, 32, 16}, 6, 0, chain), "||");
    EXPECT_EQ(with({16, 32, 16}, 0, 1, chain), "||");
  }
}

TEST(Memory, GapsBetweenTheCallersParametersAreNeitherReadNorWritten) {
  for (const char* chain : {"lr(0.1)", "clip_norm(1) | adam | decay(0.1) | lr(0.1)",
                            "accumulate(1) | momentum | lr(0.1) | box(-1, 1) | average"}) {
    for (const std::size_t gap : {0, 6, 16}) {
      Neighbours together({16, 10, 700, 32}, gap, gap), apart({16, 10, 700, 32}, 40, 40);
      OptimizerOptions options;
      options.zero_grad = true;
      Optimizer one(together.params, Chain(chain), options), other(apart.params, Chain(chain), options);
      for (std::uint64_t k = 0; k < 3; ++k) {
        for (Neighbours* n : {&together, &apart}) n->fill_grads(k);
        one.step();
        other.step();
      }
      EXPECT_TRUE(together.gaps_stand()) << chain << ", gap " << gap;
      for (std::size_t p = 0; p < 4; ++p) {
        EXPECT_EQ(value_bits(together.params[p]), value_bits(apart.params[p])) << chain << ", gap " << gap;
      }
    }
  }
}

constexpr std::size_t kMany = 300;
constexpr std::uint64_t kUpdates = 4;

Shape shape_of(std::size_t i) { return {static_cast<std::int64_t>(1 + i * i % 41)}; }

void fill(Parameter& p, std::size_t i, std::uint64_t k) { fill_numbers(p.grad<float>(), kMany * k + i); }

// A parameter may miss an update, which takes it out of the run of its neighbours.
bool misses(std::size_t i, std::uint64_t k) { return k == 1 && i % 50 == 7; }

std::string step_alone(std::size_t i, const std::string& chain) {
  Params params;
  fill_numbers(params.add("p", shape_of(i), Role::weight).value<float>(), i);
  Optimizer optimizer(params, Chain(chain));
  for (std::uint64_t k = 0; k < kUpdates; ++k) {
    fill(params[0], i, k);
    params[0].set_absent(misses(i, k));
    optimizer.step();
  }
  return value_bits(params[0]);
}

TEST(Memory, ManySmallParametersStepToTheBitsOfEachAlone) {
  for (const std::string chain :
       {"lr(0.1)", "adamw(lr=0.01)", "momentum | adam | lr(0.1) | box(-1, 1) | average",
        "accumulate(1) | lion | clip_norm(0.1, per=tensor) | lr(0.1)"}) {
    for (const int threads : {1, 3}) {
      Params params;
      for (std::size_t i = 0; i < kMany; ++i) {
        fill_numbers(params.add("p" + std::to_string(i), shape_of(i), Role::weight).value<float>(), i);
      }
      params.add("large", {70000}, Role::weight);  // enough work for several threads
      OptimizerOptions options;
      options.threads = threads;
      Optimizer optimizer(params, Chain(chain), options);
      for (std::uint64_t k = 0; k < kUpdates; ++k) {
        for (std::size_t i = 0; i < kMany; ++i) {
          fill(params[i], i, k);
          params[i].set_absent(misses(i, k));
        }
        optimizer.step();
      }
      for (std::size_t i = 0; i < kMany; ++i) {
        ASSERT_EQ(value_bits(params[i]), step_alone(i, chain))
            << chain << ", " << i << ", " << threads << " threads";
      }
    }
  }
}

}  // namespace
}  // namespace thalweg
