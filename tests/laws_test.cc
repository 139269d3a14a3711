// What every listed transform does in a step, without a line about any of them: the chains come from the
// Specs.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <memory>
#include <set>
#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

#include "allocations.h"
#include "laws.h"
#include "plan/plan.h"

namespace thalweg {
namespace {

INSTANTIATE_TEST_SUITE_P(EveryTransform, Laws, testing::ValuesIn(all_transforms()),
                         [](const auto& tested) { return std::string(tested.param->spec.name); });

TEST_P(Laws, SameBitsForAnyNumberOfThreads) {
  for_each_chain([](const std::string& chain, Dtype dtype) {
    const std::string one = run(kLarge, dtype, chain, with_threads(1));
    for (const int threads : {2, 3, 7}) {
      EXPECT_TRUE(run(kLarge, dtype, chain, with_threads(threads)) == one) << threads << " threads";
    }
  });
}

TEST_P(Laws, SameBitsOnEverySimdTarget) {
  const std::vector<std::string_view> targets = simd_targets();
  ASSERT_FALSE(targets.empty());
  for_each_chain([&](const std::string& chain, Dtype dtype) {
    const std::string best = run(kSmall, dtype, chain);
    for (const std::string_view target : targets) {
      EXPECT_TRUE(run(kSmall, dtype, chain, with_simd(target)) == best) << target;
    }
  });
}

TEST_P(Laws, SameBitsForAnyTile) {
  for_each_chain([](const std::string& chain, Dtype dtype) {
    const std::string whole = run(kLarge, dtype, chain, with_tile(2048));
    for (const std::size_t tile : {16, 48}) {
      EXPECT_TRUE(run(kLarge, dtype, chain, with_tile(tile)) == whole) << "tile " << tile;
    }
  });
}

// The gradients come one after the other, the last parameter's first, and those to come are not numbers yet.
TEST_P(Laws, SameBitsFromAStepThatFormsItsGradients) {
  for_each_chain([](const std::string& chain, Dtype dtype) {
    Params params = make_params(kLarge, dtype);
    Optimizer optimizer(params, Chain(chain), with_threads(3));
    if (!steps_apart(optimizer)) {
      EXPECT_THROW(optimizer.step({.backward = [](const auto&) { FAIL(); }}), Error);
      return;
    }
    for (int k = 0; k < kSteps; ++k) {
      for (Parameter& p : params) fill_gradient(p, std::numeric_limits<double>::quiet_NaN());
      optimizer.step({.backward = [&](const auto& ready) {
        for (std::size_t i = params.size(); i-- > 0;) {
          fill(params[i], true, 100 * static_cast<unsigned>(k) + i);
          if (i != 2) ready(params[i]);  // one that is not named
        }
      }});
    }
    EXPECT_TRUE(all_bits(params, optimizer) == run(kLarge, dtype, chain));
  });
}

TEST_P(Laws, SameBitsFromALoopAndFromTiles) {
  if (GetParam()->scope == Scope::gate) return;  // nothing may stand before it
  // Two rules in a row are interpreted; momentum(mu=0) hands the gradient through.
  for_each_chain([](const std::string& chain, Dtype dtype) {
    const std::string folded = values_after(kSmall, dtype, chain);
    for (const std::string before : {"momentum(mu=0) | ", "momentum(mu=0) | momentum(mu=0) | "}) {
      if (chain.find("on=rest") != std::string::npos) continue;  // the new rules would take the rest away
      EXPECT_TRUE(values_after(kSmall, dtype, before + chain) == folded) << before;
    }
  });
}

// The same parameters, in the library's memory or in the caller's at any offset, with a fence between them.
template <class T>
class Adopted {
 public:
  static constexpr std::size_t kMost = 130;
  static constexpr std::size_t kSlot = 192;  // elements from one parameter to the next

  // offset: of every parameter from a cache line, in elements.
  explicit Adopted(std::size_t offset)
      : offset_(offset), values_(kSlot * (kMost + 2)), grads_(values_.size()) {
    std::fill(values_.begin(), values_.end(), kFence);
    std::fill(grads_.begin(), grads_.end(), kFence);
    for (std::size_t n = 0; n <= kMost; ++n) {
      params.adopt("p" + std::to_string(n), {static_cast<std::int64_t>(n)}, at(values_, n), at(grads_, n));
    }
    fill_values(params);
  }

  bool fences_stand() const {
    std::vector<T> values = values_, grads = grads_;
    for (const Parameter& p : params) {
      std::fill_n(values.begin() + (p.value<T>().data() - values_.data()), p.size(), kFence);
      std::fill_n(grads.begin() + (p.grad<T>().data() - grads_.data()), p.size(), kFence);
    }
    const std::vector<T> fence(values.size(), kFence);
    return values == fence && grads == fence;
  }

  Params params;

 private:
  static constexpr T kFence = T(12345.625);

  T* at(std::vector<T>& memory, std::size_t n) const {
    const std::size_t misfit = reinterpret_cast<std::uintptr_t>(memory.data()) % 64 / sizeof(T);
    return memory.data() + n * kSlot + (64 / sizeof(T) - misfit) + offset_;
  }

  std::size_t offset_;
  std::vector<T> values_, grads_;
};

template <class T>
Params library_owned() {
  Params params;
  for (std::size_t n = 0; n <= Adopted<T>::kMost; ++n) {
    params.add("p" + std::to_string(n), {static_cast<std::int64_t>(n)}, Role::none, kDtype<T>);
  }
  fill_values(params);
  return params;
}

template <class T>
void check_tails(const std::string& text) {
  const Chain chain(text);
  Params owned = library_owned<T>();
  Optimizer reference(owned, chain);
  run_steps(owned, reference, 0, 2);
  const std::string want = all_bits(owned, reference);
  for (std::size_t offset = 0; offset < 16; ++offset) {
    Adopted<T> adopted(offset);
    Optimizer optimizer(adopted.params, chain);
    run_steps(adopted.params, optimizer, 0, 2);
    EXPECT_TRUE(all_bits(adopted.params, optimizer) == want) << "offset " << offset;
    EXPECT_TRUE(adopted.fences_stand()) << "offset " << offset;
  }
}

TEST_P(Laws, TailsAndOffsetsChangeNoBit) {
  for (const std::string& chain : chains_with(*GetParam())) {
    if (chain.find("on=") != std::string::npos) continue;  // these parameters have no roles
    SCOPED_TRACE(chain);
    check_tails<float>(chain);
    check_tails<double>(chain);
  }
}

TEST_P(Laws, NothingIsReadOrWrittenBesideAdoptedMemory) {
  // Blocks of the exact size: an address sanitizer sees what fences cannot.
  Params owned = library_owned<float>();
  const bool last = GetParam()->scope == Scope::landing;
  const std::string x = use(GetParam()->spec), others = "decay(0.1) | clip_norm(1)";
  const Chain chain((last ? others + " | " + x : x + " | " + others) + " | lr(0.1)");
  Optimizer reference(owned, chain);
  run_steps(owned, reference, 0, 2);
  std::vector<std::unique_ptr<float[]>> memory;
  Params params;
  for (std::size_t n = 0; n <= Adopted<float>::kMost; ++n) {
    for (int i = 0; i < 2; ++i) memory.push_back(std::make_unique<float[]>(n));
    params.adopt("p" + std::to_string(n), {static_cast<std::int64_t>(n)}, memory[2 * n].get(),
                 memory[2 * n + 1].get());
  }
  fill_values(params);
  Optimizer optimizer(params, chain);
  run_steps(params, optimizer, 0, 2);
  EXPECT_TRUE(all_bits(params, optimizer) == all_bits(owned, reference));
}

// The bits of one parameter with its state and clock.
std::string bits_of_parameter(Params& params, Optimizer& optimizer, std::size_t i) {
  std::string out = value_bits(params[i]) + std::to_string(optimizer.clocks()[i]);
  for (const StateTensor& s : optimizer.state()) {
    if (s.parameter == &params[i]) out += bits_of(s.buffer.data, s.buffer.bytes());
  }
  return out;
}

TEST_P(Laws, AnAbsentParameterStaysAsItIs) {
  for_each_chain([](const std::string& chain, Dtype dtype) {
    Params params = make_params(kSmall, dtype);
    Optimizer optimizer(params, Chain(chain));
    run_steps(params, optimizer, 0, 2);
    for (std::size_t i = 0; i < params.size(); ++i) {
      params[i].set_absent(true);
      const std::string before = bits_of_parameter(params, optimizer, i);
      run_steps(params, optimizer, 2, 2);
      EXPECT_TRUE(bits_of_parameter(params, optimizer, i) == before) << params[i].name();
      params[i].set_absent(false);
    }
    for (const std::uint64_t clock : optimizer.clocks()) EXPECT_EQ(clock, 2 * params.size());
  });
}

TEST_P(Laws, AnAbsentParameterDoesNotCountInSums) {
  for_each_chain([](const std::string& chain, Dtype dtype) {
    Params both = make_params(kSmall, dtype), absent = make_params(kSmall, dtype);
    both.find("table")->set_frozen(true);
    absent.find("table")->set_absent(true);
    Optimizer without(both, Chain(chain)), with(absent, Chain(chain));
    run_steps(both, without, 0, kSteps);
    run_steps(absent, with, 0, kSteps);
    for (std::size_t i = 0; i < both.size(); ++i) {
      EXPECT_TRUE(value_bits(both[i]) == value_bits(absent[i])) << both[i].name();
    }
  });
}

TEST_P(Laws, AParameterWithAZeroGradientTakesPart) {
  for_each_chain([](const std::string& chain, Dtype dtype) {
    Params params = make_params(kSmall, dtype);
    Optimizer optimizer(params, Chain(chain));
    for (int k = 0; k < kSteps; ++k) optimizer.step();
    for (const std::uint64_t clock : optimizer.clocks()) EXPECT_EQ(clock, kSteps);
    EXPECT_EQ(optimizer.updates(), kSteps);
  });
}

// 1 where an update of the parameter is kept between phases: memory that is no state.
std::uint64_t kept_streams(const std::string& chain, Dtype dtype, std::size_t parameter) {
  const Params params = make_params(kSmall, dtype);
  const Plan plan(Chain(chain), params);
  return plan.groups[plan.group_of[parameter]].keeps() ? 1 : 0;
}

TEST_P(Laws, AFrozenParameterIsOutside) {
  for_each_chain([](const std::string& chain, Dtype dtype) {
    Params params = make_params(kSmall, dtype);
    Optimizer whole(params, Chain(chain));
    Parameter& frozen = *params.find("dense.weight");
    frozen.set_frozen(true);
    Optimizer optimizer(params, Chain(chain));
    const std::string before = value_bits(frozen);
    run_steps(params, optimizer, 0, 2);
    EXPECT_TRUE(value_bits(frozen) == before);
    EXPECT_EQ(optimizer.clocks()[0], 0u);
    std::uint64_t its_state = kept_streams(chain, dtype, 0);
    for (const StateTensor& s : whole.state()) its_state += s.parameter == &frozen ? 1 : 0;
    EXPECT_EQ(whole.state_bytes() - optimizer.state_bytes(), its_state * frozen.size() * size_of(dtype));
    for (const StateTensor& s : optimizer.state()) EXPECT_NE(s.parameter, &frozen);
  });
}

TEST_P(Laws, StateIsNamedOnceAndCountedInBytes) {
  for_each_chain([](const std::string& chain, Dtype dtype) {
    Params params = make_params(kSmall, dtype);
    Optimizer optimizer(params, Chain(chain));
    std::set<std::string> names;
    std::set<const void*> memory;
    std::uint64_t bytes = 0;
    for (const StateTensor& s : optimizer.state()) {
      EXPECT_TRUE(names.insert(s.name).second) << s.name;
      EXPECT_TRUE(memory.insert(s.buffer.data).second) << s.name;
      EXPECT_TRUE(s.name.starts_with(s.parameter->name() + "/")) << s.name;
      bytes += s.parameter->size() * size_of(dtype);
    }
    for (std::size_t i = 0; i < params.size(); ++i) {
      bytes += kept_streams(chain, dtype, i) * params[i].size() * size_of(dtype);
    }
    EXPECT_EQ(bytes, optimizer.state_bytes());
  });
}

// Puts values, state and clocks of one run into another of the same chain, by name.
void copy_run(Params& from, Optimizer& source, Params& to, Optimizer& target) {
  const auto copy = [](void* into, const void* data, const Parameter& p) {
    if (p.size() > 0) std::memcpy(into, data, p.size() * size_of(p.dtype()));
  };
  for (std::size_t i = 0; i < from.size(); ++i) {
    const bool f32 = from[i].dtype() == Dtype::f32;
    void* into = f32 ? static_cast<void*>(to[i].value<float>().data()) : to[i].value<double>().data();
    copy(into, f32 ? static_cast<void*>(from[i].value<float>().data()) : from[i].value<double>().data(),
         to[i]);
    target.clocks()[i] = source.clocks()[i];
  }
  target.set_updates(source.updates());
  const std::vector<StateNumber> numbers = source.numbers();
  for (const StateNumber& number : target.numbers()) {
    for (const StateNumber& old : numbers) {
      if (old.name == number.name) *number.value = *old.value;
    }
  }
  for (const StateTensor& s : target.state()) {
    for (const StateTensor& old : source.state()) {
      if (old.name == s.name) copy(s.buffer.data, old.buffer.data, *s.parameter);
    }
  }
}

TEST_P(Laws, E6AResumedRunContinuesBitForBit) {
  for_each_chain([](const std::string& chain, Dtype dtype) {
    for (const int first : {0, 1, 3}) {
      Params params = make_params(kSmall, dtype);
      Optimizer optimizer(params, Chain(chain));
      params[1].set_absent(true);  // so that clocks differ
      run_steps(params, optimizer, 0, first);
      params[1].set_absent(false);
      Params later = make_params(kSmall, dtype);
      Optimizer resumed(later, Chain(optimizer.chain().text(true)));
      copy_run(params, optimizer, later, resumed);
      run_steps(params, optimizer, first, kSteps);
      run_steps(later, resumed, first, kSteps);
      EXPECT_TRUE(all_bits(later, resumed) == all_bits(params, optimizer)) << "after " << first;
    }
  });
}

TEST_P(Laws, AScalarIsAVectorOfOneAndEmptyParametersChangeNothing) {
  for_each_chain([](const std::string& chain, Dtype dtype) {
    const std::vector<Entry> scalar = {{"dense.weight", {}, Role::weight}, {"dense.bias", {}, Role::bias}};
    const std::vector<Entry> vector = {{"dense.weight", {1, 1}, Role::weight},
                                       {"dense.bias", {1}, Role::bias}};
    const bool by_rank = chain.find("matrices") != std::string::npos || GetParam()->sum.unit != nullptr;
    if (!by_rank) {
      EXPECT_TRUE(run(scalar, dtype, chain) == run(vector, dtype, chain));
    }
    std::vector<Entry> padded = vector;
    padded.push_back({"empty", {3, 0}, Role::weight});
    padded.push_back({"empty.bias", {0}, Role::bias});
    EXPECT_TRUE(values_after(padded, dtype, chain) == values_after(vector, dtype, chain));
    const std::vector<Entry> empty = {{"dense.weight", {0, 2}, Role::weight},
                                      {"dense.bias", {0}, Role::bias}};
    EXPECT_EQ(values_after(empty, dtype, chain), "");
  });
}

std::size_t threads_of_the_process() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

TEST_P(Laws, D7AStepAllocatesNothingAndStartsNoThread) {
  for_each_chain([](const std::string& chain, Dtype dtype) {
    Params params = make_params(kLarge, dtype);
    OptimizerOptions options = with_statistics(3);
    options.grad_norm = true;
    options.nonfinite = Nonfinite::zero;
    Optimizer optimizer(params, Chain(chain), options);
    const std::size_t threads = threads_of_the_process();
    const std::uint64_t before = allocations();
    for (int k = 0; k < kSteps; ++k) {
      params[0].set_absent(k == 1);
      optimizer.step();
    }
    EXPECT_EQ(allocations() - before, 0u);
    EXPECT_EQ(threads_of_the_process(), threads);
  });
}

TEST_P(Laws, AStepLeavesTheFloatingPointModeOfTheCaller) {
#if defined(__SSE2__)
  constexpr unsigned kPlainMode = 0x1f80, kFlushingMode = 0x9fc0;
  constexpr unsigned kControl = 0xffc0;  // without the flags that say what happened
  for_each_chain([](const std::string& chain, Dtype dtype) {
    Params params = make_params(kLarge, dtype);
    Optimizer optimizer(params, Chain(chain), with_threads(2));
    const unsigned before = _mm_getcsr();
    for (const unsigned mode : {kPlainMode, kFlushingMode}) {
      _mm_setcsr(mode);
      optimizer.step();
      EXPECT_EQ(_mm_getcsr() & kControl, mode);
    }
    _mm_setcsr(before);
  });
#else
  GTEST_SKIP() << "no control register to look at";
#endif
}

TEST_P(Laws, BothTypesAgreeAndMayBeMixed) {
  if (GetParam()->seed != nullptr) return;  // noise goes by the names of the parameters, which differ here
  for (const std::string& chain : chains_with(*GetParam())) {
    SCOPED_TRACE(chain);
    Params mixed;
    for (const Entry& entry : kSmall) {
      mixed.add(std::string("f32.") + entry.name, entry.shape, entry.role, Dtype::f32);
    }
    for (const Entry& entry : kSmall) {
      mixed.add(std::string("f64.") + entry.name, entry.shape, entry.role, Dtype::f64);
    }
    const std::size_t half = kSmall.size();
    Optimizer optimizer(mixed, Chain(chain));
    const auto fill_all = [&](bool grad, std::uint64_t seed) {
      for (std::size_t i = 0; i < mixed.size(); ++i) fill(mixed[i], grad, seed + i % half);
    };
    fill_all(false, 1000);
    for (int k = 0; k < kSteps; ++k) {
      fill_all(true, 100 * static_cast<unsigned>(k));
      optimizer.step();
    }
    for (std::size_t i = 0; i < half; ++i) {
      for (std::size_t j = 0; j < mixed[i].size(); ++j) {
        EXPECT_NEAR(mixed[i].value<float>()[j], mixed[half + i].value<double>()[j], 1e-5) << mixed[i].name();
      }
    }
  }
}

}  // namespace
}  // namespace thalweg
