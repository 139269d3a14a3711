#include "losses/class_weights.h"

#include <gtest/gtest.h>

#include "thalweg/error.h"

namespace thalweg {
namespace {

using Labels = std::vector<std::int32_t>;
using Names = std::vector<std::string>;

const Names kNames = {"cat", "dog", "a,b"};
const Labels kLabels = {0, 0, 0, 0, 0, 1, 1, 2};  // 5, 2 and 1 of 8

std::string with(const std::string& loss, const std::string& weights, const Names& names = kNames,
                 const Labels& labels = kLabels) {
  return with_class_weights(loss, read_class_weights(weights, "class-weights"), {labels, names});
}

std::string refusal(const std::string& loss, const std::string& weights, const Names& names = kNames) {
  try {
    with(loss, weights, names);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::usage) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

TEST(ClassWeights, HaveOneSpelling) {
  const auto read = [](const std::string& text) { return read_class_weights(text, "x"); };
  EXPECT_EQ(read(" none "), "none");
  EXPECT_EQ(read("balanced"), "balanced");
  EXPECT_EQ(read("cat = 2 , dog=5e-1"), "cat=2,dog=0.5");
  EXPECT_EQ(read("\"a,b\"=3,\"x=y\"=1"), "\"a,b\"=3,\"x=y\"=1");
  EXPECT_EQ(read("\"say \\\"no\\\"\"=3"), "\"say \\\"no\\\"\"=3");
  EXPECT_EQ(read(read("\"a \\\\ b\"=3, c d=1")), read("\"a \\\\ b\"=3, c d=1"));
}

// sklearn.utils.compute_class_weight("balanced", classes=[0, 1, 2], y=[0]*5 + [1]*2 + [2]) is
// [0.53333333, 1.33333333, 2.66666667].
TEST(ClassWeights, BalancedIsThatOfScikitLearn) {
  const std::vector<double> weights = class_weights_of(with("cross_entropy", "balanced"), 3);
  EXPECT_EQ(weights, (std::vector<double>{8.0 / (3 * 5), 8.0 / (3 * 2), 8.0 / (3 * 1)}));
  EXPECT_EQ(class_weights_of(with("cross_entropy", "balanced", {"a", "b", "c", "d"}), 4),
            (std::vector<double>{8.0 / (3 * 5), 8.0 / (3 * 2), 8.0 / (3 * 1), 1}))
      << "a class that does not occur";
}

TEST(ClassWeights, AreGivenByName) {
  EXPECT_EQ(with("cross_entropy", "dog=5"), "cross_entropy(weight=[1, 5, 1])");
  EXPECT_EQ(with("cross_entropy(0.1) | l2(1e-4)", "\"a,b\"=0.5,cat=2"),
            "cross_entropy(0.1, weight=[2, 1, 0.5]) | l2(0.0001)");
  EXPECT_EQ(with("mse", "dog=5"), "mse([1, 5, 1])");
  EXPECT_EQ(with("cross_entropy(0.1)", "none"), "cross_entropy(0.1)");
}

// As a run's own configuration has it.
TEST(ClassWeights, MayBeAppliedAgain) {
  for (const char* weights : {"balanced", "dog=5,cat=0.25"}) {
    const std::string once = with("cross_entropy", weights);
    EXPECT_EQ(with(once, weights), once);
  }
  const Labels others = {0, 1, 2};
  EXPECT_EQ(with(with("cross_entropy", "balanced"), "balanced", kNames, others),
            "cross_entropy(weight=[1, 1, 1])")
      << "counted anew in other data";
}

TEST(ClassWeights, ThatAreWrongAreRefused) {
  const auto has = [](const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  has(refusal("cross_entropy", "cta=2"),
      "there is no such class; got `cta`; want cat, dog, \"a,b\"; did you mean `cat`?");
  has(refusal("cross_entropy", "cat=0"), "out of range; got `cat=0`; want a number above 0");
  has(refusal("cross_entropy", "cat=-1"), "out of range");
  has(refusal("cross_entropy", "cat=inf"), "out of range");
  has(refusal("cross_entropy", "cat=x"), "out of range");
  has(refusal("cross_entropy", "cat"), "not a class weight; got `cat`");
  has(refusal("cross_entropy", ""), "not a class weight");
  has(refusal("cross_entropy", "cat=1,"), "not a class weight");
  has(refusal("cross_entropy", "=1"), "names no class");
  has(refusal("cross_entropy", "cat=1,cat=2"), "a class has two weights; got `cat`");
  has(refusal("mse", "balanced", {}), "the data have values, not classes");
  has(refusal("triplet_margin", "cat=2"), "the loss takes no weights of classes; got `triplet_margin`");
  has(refusal("cross_entropy(weight=[1, 2, 3])", "cat=2"), "the loss has weights of its own");
}

TEST(ClassWeights, OfALossAreReadBack) {
  EXPECT_TRUE(class_weights_of("cross_entropy", 3).empty());
  EXPECT_TRUE(class_weights_of("mse(weight=[1, 2])", 0).empty()) << "of columns of values";
  EXPECT_EQ(class_weights_of("cross_entropy(0.1, weight=[2, 1, 0.5])", 3), (std::vector<double>{2, 1, 0.5}));
}

}  // namespace
}  // namespace thalweg
