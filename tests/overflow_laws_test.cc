// What every listed transform does at the ends of what it accepts: of its options, and of finite gradients.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "laws.h"

namespace thalweg {
namespace {

class OverflowLaws : public Laws {};

INSTANTIATE_TEST_SUITE_P(EveryTransform, OverflowLaws, testing::ValuesIn(all_transforms()),
                         [](const auto& tested) { return std::string(tested.param->spec.name); });

template <class T>
std::size_t count_of(const T* x, std::size_t n, bool (*counts)(double)) {
  std::size_t found = 0;
  for (std::size_t i = 0; i < n; ++i) found += counts(static_cast<double>(x[i])) ? 1 : 0;
  return found;
}

std::size_t count_in(const Buffer& buffer, bool (*counts)(double)) {
  if (buffer.dtype == Dtype::f32)
    return count_of(static_cast<const float*>(buffer.data), buffer.size(), counts);
  if (buffer.dtype == Dtype::f64)
    return count_of(static_cast<const double*>(buffer.data), buffer.size(), counts);
  return 0;
}

// Of weights, state and numbers of parameters, as a step counts them.
std::size_t count_in(Params& params, Optimizer& optimizer, bool (*counts)(double)) {
  std::size_t found = 0;
  for (Parameter& p : params) found += count_in(p.value_buffer(), counts);
  for (const StateTensor& s : optimizer.state()) found += count_in(s.buffer, counts);
  for (const StateNumber& n : optimizer.numbers()) {
    if (n.name.find('/') != std::string::npos) found += counts(*n.value) ? 1 : 0;
  }
  return found;
}

bool is_nan(double x) { return std::isnan(x); }
bool is_not_finite(double x) { return !std::isfinite(x); }

void scale_grads(Params& params, double factor) {
  for (Parameter& p : params) {
    for (std::size_t i = 0; i < p.size(); ++i) {
      if (p.dtype() == Dtype::f32) p.grad<float>()[i] *= static_cast<float>(factor);
      if (p.dtype() == Dtype::f64) p.grad<double>()[i] *= factor;
    }
  }
}

OptimizerOptions with_policy(Nonfinite policy) {
  OptimizerOptions options;
  options.nonfinite = policy;
  return options;
}

// Chains with a huge rate too.
template <class F>
void for_each_large(const Laws&, const Transform& transform, const F& f) {
  for (const Dtype dtype : {Dtype::f32, Dtype::f64}) {
    const double largest =
        dtype == Dtype::f32 ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max();
    for (const char* rest : {" | lr(0.01)", " | lr(1e30)", " | momentum | lr(0.01) | average"}) {
      if (transform.scope == Scope::landing && std::string(rest).find("momentum") != std::string::npos)
        continue;
      for (const double size : {largest, std::sqrt(largest), 1.0, 1 / largest * 1e20}) {
        f(use(transform.spec) + rest, dtype, size);
      }
    }
  }
}

TEST_P(OverflowLaws, AStepThatWouldLeaveNumbersNotFiniteIsFoundByEveryPolicy) {
  for_each_large(*this, *GetParam(), [](const std::string& chain, Dtype dtype, double size) {
    SCOPED_TRACE(chain + ", " + std::string(dtype_name(dtype)) + " of " + std::to_string(size));
    const auto begin = [&](Params& params, Optimizer& optimizer) {
      run_steps(params, optimizer, 0, 1);
      fill_grads(params, 1);
      scale_grads(params, size);
    };
    Params plain = make_params(kSmall, dtype);
    Optimizer reports(plain, Chain(chain));
    begin(plain, reports);
    if (count_in(plain, reports, is_not_finite) > 0) return;  // the ordinary gradient has spoiled it
    const Report told = reports.step();
    const std::size_t found = count_in(plain, reports, is_not_finite);
    EXPECT_EQ(told.nonfinite, found);
    EXPECT_EQ(told.overflows, found > 0);
    for (const Nonfinite policy : {Nonfinite::error, Nonfinite::skip, Nonfinite::zero}) {
      Params params = make_params(kSmall, dtype);
      Optimizer optimizer(params, Chain(chain), with_policy(policy));
      begin(params, optimizer);
      const std::string before = all_bits(params, optimizer);
      if (found > 0 && policy == Nonfinite::error) {
        EXPECT_THROW(optimizer.step(), Error);
      } else {
        const Report report = optimizer.step();
        EXPECT_EQ(report.overflows, found > 0);
        EXPECT_EQ(report.nonfinite, found);
        EXPECT_EQ(report.skipped, found > 0);
      }
      EXPECT_TRUE(all_bits(params, optimizer) == (found > 0 ? before : all_bits(plain, reports)));
    }
  });
}

// Numbers that an option takes at its ends, and near those that it does not take.
std::vector<double> ends_of(const Option& option) {
  const bool number = option.type == OptionType::number || option.type == OptionType::scalar;
  if (!number && option.type != OptionType::integer) return {};
  std::vector<double> out;
  const double largest = number ? 1e30 : 1e9;
  const double most = std::min(option.range.max, largest), least = std::max(option.range.min, -largest);
  for (const double x : {least, most, 0.0, 1.0, -1.0, 1e-30, 0.6, std::nextafter(most, 0.0), least + 1e-12}) {
    if (option.range.contains(x) && (number || (x == std::round(x) && x <= largest))) out.push_back(x);
  }
  return out;
}

// Uses of a transform with one option at an end, and with every eps at 0.
std::vector<std::string> uses_at_ends(const Spec& spec) {
  std::vector<std::string> out;
  std::string all;
  for (const Option& option : spec.options) {
    const bool falls_to_zero = option.name.find("eps") == 0 || option.name == "initial_accumulator";
    if (falls_to_zero && option.type != OptionType::choice) {
      all += (all.empty() ? "" : ", ") + std::string(option.name) + "=0";
    }
  }
  if (!all.empty()) out.push_back(use(spec, all));
  for (const Option& option : spec.options) {
    for (const double end : ends_of(option)) {
      std::string args = std::string(option.name) + "=" + print_number(end);
      if (!option.needs.empty()) {
        const Option& needed = spec.options[*spec.find(option.needs)];
        const bool choice = needed.type == OptionType::choice;
        if (!needed.required)
          args += ", " + std::string(needed.name) + "=" +
                  (choice ? choices_of(needed).back() : sample_value_of(needed));
      }
      out.push_back(use(spec, args, option.name));
      if (!all.empty() && all.find(std::string(option.name) + "=") == std::string::npos) {
        out.push_back(use(spec, args + ", " + all, option.name));
      }
    }
  }
  return out;
}

TEST_P(OverflowLaws, NothingThatIsAcceptedMakesNanOfOrdinaryGradients) {
  for (const std::string& one : uses_at_ends(GetParam()->spec)) {
    for (const char* rest : {" | lr(0.01)", " | lr(0)", " | lr(linear(1, total=9, warmup=3))"}) {
      for (const Dtype dtype : {Dtype::f32, Dtype::f64}) {
        for (const double size : {1.0, 0.0, 1e-30}) {
          SCOPED_TRACE(one + rest + ", " + std::string(dtype_name(dtype)) + " of " + print_number(size));
          Params params = make_params(kSmall, dtype);
          Optimizer optimizer(params, Chain(one + rest));
          for (int k = 0; k < kSteps; ++k) {
            fill_grads(params, k);
            scale_grads(params, k % 2 == 0 ? size : 0.0);
            const bool overflows = optimizer.step().overflows;
            EXPECT_EQ(count_in(params, optimizer, is_nan), 0u);
            if (overflows) break;  // what is infinite, as from a rate of 1e30, makes NaN later
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace thalweg
