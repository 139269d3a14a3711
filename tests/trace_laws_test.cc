// What is seen of a step of any listed transform, by its own card.
#include <gtest/gtest.h>

#include <cmath>
#include <regex>
#include <set>

#include "laws.h"
#include "thalweg/trace.h"

namespace thalweg {
namespace {

class TraceLaws : public ::testing::TestWithParam<const Transform*> {};

TEST_P(TraceLaws, StateIsSeenUnderTheNamesOfTheCard) {
  for (const std::string& chain : chains_with(*GetParam())) {
    Params params = make_params(kSmall, Dtype::f64);
    fill_values(params);
    Optimizer optimizer(params, Chain(chain).resolve({.updates = 10, .per_epoch = 5}));
    Tracer tracer(optimizer, elements_of(params, "all", 1));
    TracedUpdate seen;
    for (int k = 0; k < 3; ++k) {
      fill_grads(params, k);
      seen = tracer.after(optimizer.step());
    }
    for (const StateTensor& tensor : optimizer.state()) {
      const auto element = std::ranges::find_if(seen.elements, [&](const TracedElement& one) {
        return one.name.starts_with(tensor.parameter->name()) && tensor.parameter->size() > 0;
      });
      if (element == seen.elements.end()) continue;
      const std::string slot = tensor.name.substr(tensor.name.rfind('.') + 1);
      const bool named = std::ranges::any_of(element->state, [&](const TracedNumber& number) {
        return number.name == slot || number.name.ends_with("." + slot);
      });
      EXPECT_TRUE(named || tensor.buffer.shape != tensor.parameter->shape()) << chain << ": " << tensor.name;
    }
    for (const TracedElement& element : seen.elements) {
      EXPECT_TRUE(std::isfinite(element.step) && std::isfinite(element.value)) << chain;
    }
  }
}

// "m / c1" in a formula is a correction of m, of which the card says by what; and no other is one.
TEST_P(TraceLaws, ACorrectionIsThereWhereTheFormulaHasOne) {
  const Transform& transform = *GetParam();
  static const std::regex quotient("([A-Za-z]+) / c[123]");
  const std::string formula(transform.spec.formula);
  std::set<std::string> streams, written, known;
  for (const Names& names : transform.kept.variants) streams.insert(names.begin(), names.end());
  for (std::sregex_iterator at(formula.begin(), formula.end(), quotient), end; at != end; ++at) {
    if (streams.contains((*at)[1])) written.insert((*at)[1]);
  }
  for (const Correction& correction : transform.kept.corrected) {
    known.insert(std::string(correction.state));
    EXPECT_TRUE(streams.contains(std::string(correction.state))) << correction.state;
    EXPECT_TRUE(transform.spec.find(correction.option).has_value()) << correction.option;
  }
  EXPECT_TRUE(std::ranges::includes(known, written)) << transform.spec.name;
}

INSTANTIATE_TEST_SUITE_P(Each, TraceLaws, ::testing::ValuesIn(all_transforms()),
                         [](const auto& at) { return std::string(at.param->spec.name); });

}  // namespace
}  // namespace thalweg
