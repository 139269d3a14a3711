// The library: the chain of the rule, bound to one parameter.
#include <cstdio>
#include <string>

#include "task.h"
#include "thalweg/error.h"
#include "thalweg/optimizer.h"

namespace optimizer_step {
namespace {

class Thalweg : public Competitor {
 public:
  explicit Thalweg(const Task& task)
      : parameter_(params_.add("p", {static_cast<std::int64_t>(task.size)}, thalweg::Role::weight)),
        optimizer_(params_, thalweg::Chain(task.rule.chain), {.threads = task.threads}) {
    const auto value = parameter_.value<float>();
    const auto grad = parameter_.grad<float>();
    for (std::size_t i = 0; i < value.size(); ++i)
      value[i] = sample(static_cast<std::uint32_t>(i), kValueScale);
    for (std::size_t i = 0; i < grad.size(); ++i)
      grad[i] = sample(static_cast<std::uint32_t>(~i), kGradScale);
  }
  void step() override { optimizer_.step(); }
  std::span<const float> values() const override { return parameter_.value<float>(); }

 private:
  thalweg::Params params_;
  thalweg::Parameter& parameter_;
  thalweg::Optimizer optimizer_;
};

}  // namespace

std::unique_ptr<Competitor> make_thalweg(const Task& task) {
  try {
    const thalweg::Chain known(task.rule.chain);
  } catch (const thalweg::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return nullptr;
  }
  return std::make_unique<Thalweg>(task);
}

}  // namespace optimizer_step
