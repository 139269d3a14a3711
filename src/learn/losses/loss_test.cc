#include "thalweg/loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "thalweg/error.h"

namespace thalweg {
namespace {

using Labels = std::vector<std::int32_t>;

template <class T>
std::vector<T> as(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

std::string message(const std::function<void()>& call, Code code) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

TEST(Loss, C10CrossEntropyIsExactFarOut) {
  const std::vector<float> p = {1e4f, -1e4f, -1e4f, 1e4f, 1e4f, 1e4f};
  std::vector<float> grad(6);
  const Labels labels = {0, 0, 1};
  EXPECT_DOUBLE_EQ(Loss("cross_entropy").evaluate(p, 2, {labels, {}}, 1, grad), 2e4 + std::log(2.0));
  EXPECT_EQ(grad, (std::vector<float>{0, 0, -1, 1, 0.5f, -0.5f}));
}

TEST(Loss, BceTakesLabelsOfASingleColumnAsZeroAndOne) {
  const std::vector<float> p = {0.5f, -3, 2, 0}, values = {1, 0, 0, 1};
  const Labels labels = {1, 0, 0, 1};
  std::vector<float> by_label(4), by_value(4);
  const Loss bce("bce");
  EXPECT_EQ(bce.evaluate(p, 1, {labels, {}}, 0.25, by_label),
            bce.evaluate(p, 1, {{}, values}, 0.25, by_value));
  EXPECT_EQ(by_label, by_value);
  const std::vector<float> one_hot = {0, 1, 1, 0};
  EXPECT_EQ(bce.evaluate(p, 2, {Labels{1, 0}, {}}, 1, {}), bce.evaluate(p, 2, {{}, one_hot}, 1, {}));
}

template <class T>
void expect_bce_far_out() {
  const T far = T{1e4};
  const std::vector<T> p = {far, far, far, -far, -far, -far, 0};
  const std::vector<float> t = {0, 1, 0.25f, 0, 1, 0.25f, 0.5f};
  std::vector<T> grad(7);
  const double value = Loss("bce").evaluate(p, 1, {{}, t}, 1, grad);
  EXPECT_DOUBLE_EQ(value, 1e4 + 7.5e3 + 1e4 + 2.5e3 + std::log(2.0));
  EXPECT_EQ(grad, (std::vector<T>{1, 0, T{0.75}, 0, -1, T{-0.25}, 0}));
}

TEST(Loss, C10BceIsExactFarOut) {
  expect_bce_far_out<float>();
  expect_bce_far_out<double>();
}

// What is nearly right still has a gradient.
TEST(Loss, BceKeepsTheDigitsOfSmallGradients) {
  const std::vector<double> p = {40, -40};
  std::vector<double> grad(2);
  const double value = Loss("bce").evaluate(p, 1, {Labels{1, 0}, {}}, 1, grad);
  EXPECT_DOUBLE_EQ(value, 2 * std::exp(-40));
  EXPECT_DOUBLE_EQ(grad[0], -std::exp(-40));
  EXPECT_DOUBLE_EQ(grad[1], std::exp(-40));
}

TEST(Loss, BceWantsSharesAndLabelsOfTwoClasses) {
  const Loss bce("bce");
  const std::vector<float> p(4);
  for (const float wrong : {-0.1f, 1.5f, NAN, INFINITY}) {
    const std::vector<float> values = {0, 1, 0.5f, wrong};
    const std::string text = message([&] { bce.evaluate(p, 2, {{}, values}, 1, {}); }, Code::data);
    EXPECT_NE(text.find("row 1"), std::string::npos) << text;
    EXPECT_NE(text.find("0 to 1"), std::string::npos) << text;
  }
  message([&] { bce.evaluate(p, 1, {Labels{0, 1, 2, 0}, {}}, 1, {}); }, Code::data);
  EXPECT_NO_THROW(bce.check(1, true, 2));
  EXPECT_NO_THROW(bce.check(2, true, 2));
  EXPECT_NO_THROW(bce.check(3, false, 3));
  EXPECT_NO_THROW(bce.check(1, false, 1));
  const std::string text = message([&] { bce.check(1, true, 3); }, Code::usage);
  EXPECT_NE(text.find("3 outputs"), std::string::npos) << text;
  message([&] { bce.check(2, true, 3); }, Code::usage);
  message([&] { bce.check(1, false, 2); }, Code::usage);
}

TEST(Loss, MaeAndHuberByHand) {
  const std::vector<float> p = {3, 1, -1, 0.5f}, t = {1, 1, 0, 0};
  std::vector<float> grad(4);
  EXPECT_EQ(Loss("mae").evaluate(p, 2, {{}, t}, 1, grad), (2 + 0 + 1 + 0.5) / 2);
  EXPECT_EQ(grad, (std::vector<float>{0.5f, 0, -0.5f, 0.5f}));
  EXPECT_EQ(Loss("huber").evaluate(p, 2, {{}, t}, 1, grad), (1.5 + 0 + 0.5 + 0.125) / 2);
  EXPECT_EQ(grad, (std::vector<float>{0.5f, 0, -0.5f, 0.25f}));
  EXPECT_EQ(Loss("huber(0.5)").evaluate(p, 2, {{}, t}, 1, grad), (0.875 + 0 + 0.375 + 0.125) / 2);
  EXPECT_EQ(grad, (std::vector<float>{0.25f, 0, -0.25f, 0.25f}));
}

TEST(Loss, LossesOfDifferencesByHand) {
  const std::vector<double> p = {3, 1, -1, 0.25}, t64 = {1, 1, 0, 0};
  const std::vector<float> t(t64.begin(), t64.end());
  std::vector<double> grad(4);
  const auto value = [&](const char* text) { return Loss(text).evaluate(p, 2, {{}, t}, 1, grad); };
  EXPECT_EQ(value("smooth_l1(0.5)"), (1.75 + 0 + 0.75 + 0.0625) / 2);
  EXPECT_EQ(grad, (std::vector<double>{0.5, 0, -0.5, 0.25}));
  EXPECT_EQ(value("smooth_l1(0)"), value("mae"));
  EXPECT_DOUBLE_EQ(value("quantile(0.75)"), (0.25 * 2 + 0 + 0.75 * 1 + 0.25 * 0.25) / 2);
  EXPECT_EQ(grad, (std::vector<double>{0.125, 0, -0.375, 0.125}));
  EXPECT_EQ(2 * value("quantile"), value("mae"));
  // ln cosh of 2, 1 and 1/4 to 17 digits.
  EXPECT_DOUBLE_EQ(value("log_cosh"), (1.3250027473578645 + 0.43378083048302712 + 0.030929803620161371) / 2);
  EXPECT_DOUBLE_EQ(grad[0], std::tanh(2.0) / 2);
  const std::vector<double> tiny = {1e-9}, far = {-1e4};
  EXPECT_DOUBLE_EQ(Loss("log_cosh").evaluate(tiny, 1, {{}, {&t[2], 1}}, 1, {}), 5e-19);
  EXPECT_DOUBLE_EQ(Loss("log_cosh").evaluate(far, 1, {{}, {&t[2], 1}}, 1, {}), 1e4 - std::log(2.0));
}

// Anchor (0, 0), positive (3, 4), negative (6, 8): the negative is nearer to the positive than to the anchor.
TEST(Loss, TripletsSwapByHand) {
  const std::vector<double> x = {0, 0, 3, 4, 6, 8};
  std::vector<double> grad(6);
  EXPECT_EQ(Loss("triplet_margin(2, eps=0)").evaluate(x, 6, {}, 1, grad), 0);
  EXPECT_EQ(grad, std::vector<double>(6));
  EXPECT_DOUBLE_EQ(Loss("triplet_margin(2, eps=0, swap=true)").evaluate(x, 6, {}, 1, grad), 2 + 5 - 5);
  const std::vector<double> wanted = {-0.6, -0.8, 1.2, 1.6, -0.6, -0.8};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_DOUBLE_EQ(grad[i], wanted[i]) << i;
  EXPECT_DOUBLE_EQ(Loss("triplet_margin(9, p=1, eps=0)").evaluate(x, 6, {}, 1, grad), 9 + 7 - 14);
  Loss("triplet_margin").check(6, true, 4);
  message([] { Loss("triplet_margin").check(4, true, 4); }, Code::usage);
}

TEST(Loss, SingleNumbersOfPairsByHand) {
  const std::vector<double> p = {1, 0, 1, 1, 1, 2, 3, 4};
  const std::vector<float> t = {1, -1};
  EXPECT_NEAR(Loss("cosine_embedding").evaluate(p, 4, {{}, t}, 1, {}),
              1 - std::sqrt(0.5) + 11 / std::sqrt(5.0 * 25), 1e-11);
  EXPECT_EQ(Loss("cosine_embedding").evaluate(p, 4, {{}, t}, 1, {}),
            Loss("cosine_embedding").evaluate(p, 4, {Labels{1, 0}, {}}, 1, {}));
  EXPECT_DOUBLE_EQ(
      Loss("gaussian_nll").evaluate(p, 4, {{}, std::vector<float>{3, 4, 0, 0}}, 1, {}),
      (0.5 * 4 + 0.5 * 16) / 2 + (0.5 * (std::log(3.0) + 1.0 / 3) + 0.5 * (std::log(4.0) + 1)) / 2);
  for (const float wrong : {0.0f, 0.5f, NAN, 2.0f}) {
    const std::vector<float> values = {1, wrong};
    message([&] { Loss("cosine_embedding").evaluate(p, 4, {{}, values}, 1, {}); }, Code::data);
    message(
        [&] {
          Loss("hinge_embedding").evaluate(p, 4, {{}, std::vector<float>(8, wrong)}, 1, {});
        },
        Code::data);
  }
  message([] { Loss("gaussian_nll").check(3, false, 1); }, Code::usage);
  message([] { Loss("gaussian_nll").check(2, false, 2); }, Code::usage);
  message([] { Loss("cosine_embedding").check(6, false, 3); }, Code::usage);
}

TEST(Loss, WeightsOfClassesAreInTheMeanAsInTorch) {
  const std::vector<double> p = {0, 1, 2, 2, 1, 0};
  const Labels labels = {2, 0};
  for (const char* name : {"cross_entropy", "nll"}) {
    const Loss weighted(std::string(name) + "(weight=[0.5, 1, 2])");
    EXPECT_EQ(weighted.mass({labels, {}}, 2), 2.5) << name;
    EXPECT_FALSE(weighted.counts_rows(labels));
    const Loss plain(name);
    const double first = plain.evaluate(std::span(p).first(3), 3, {Labels{2}, {}}, 1, {});
    const double second = plain.evaluate(std::span(p).last(3), 3, {Labels{0}, {}}, 1, {});
    EXPECT_DOUBLE_EQ(weighted.evaluate(p, 3, {labels, {}}, 1, {}), 2 * first + 0.5 * second) << name;
  }
  EXPECT_EQ(Loss("multi_margin(weight=[0.5, 1, 2])").mass({labels, {}}, 2), 2);
  const std::vector<float> values(6, 0.25f);
  EXPECT_EQ(Loss("mse(weight=[0.5, 1, 3])").mass({{}, values}, 2), 3);
  EXPECT_EQ(Loss("huber(weight=[0.5, 1, 3])").mass({{}, values}, 2), 2);
  EXPECT_EQ(Loss("cross_entropy(weight=[0.5, 1, 3])").mass({{}, values}, 2), 2);
  for (const char* list : {"[1, 2]", "[1, 2, 3, 4]"}) {
    const std::string text = std::string("cross_entropy(weight=") + list + ")";
    message([&] { Loss(text).evaluate(p, 3, {labels, {}}, 1, {}); }, Code::usage);
    message([&] { Loss(text).check(3, true, 3); }, Code::usage);
  }
  message([&] { Loss("mse(weight=[-1, 1, 1])"); }, Code::usage);
  message([&] { Loss("bce(pos_weight=[1, 1])").evaluate(p, 3, {{}, values}, 1, {}); }, Code::usage);
}

TEST(Loss, BalancedWeightsAreThoseOfScikitLearn) {
  const Loss loss("cross_entropy(0.1, weight=balanced) | l2(0.5)");
  EXPECT_EQ(loss.text(), "cross_entropy(0.1, weight=balanced) | l2(0.5)");
  const Loss counted = loss.resolve(Labels{0, 0, 0, 2, -100, 3, 3, 0}, 4);
  // 7 labels of 3 classes: n / (k count).
  EXPECT_EQ(counted.text(),
            "cross_entropy(0.1, weight=[0.5833333333333334, 1, 2.3333333333333335, 1.1666666666666667]) | "
            "l2(0.5)");
  EXPECT_EQ(Loss("mse").resolve({}, 0).text(), "mse");
  message([] { Loss("mse(weight=balanced)").resolve({}, 0); }, Code::usage);
  message([] { Loss("mse(weight=balanced)").check(2, false, 2); }, Code::usage);
  const std::vector<double> p(2);
  message([&] { Loss("mse(balanced)").evaluate(p, 2, {Labels{0}, {}}, 1, {}); }, Code::usage);
  message([] { Loss("mse(weight=balancd)"); }, Code::usage);
}

TEST(Loss, IgnoredRowsCountNowhere) {
  const std::vector<double> p = {1, 2, NAN, NAN, 3, 1};
  std::vector<double> grad(6, 7.0);
  const Labels labels = {0, -100, 1};
  const Loss loss("cross_entropy");
  const double value = loss.evaluate(p, 2, {labels, {}}, 1, grad);
  EXPECT_DOUBLE_EQ(value, std::log1p(std::exp(1.0)) + std::log1p(std::exp(2.0)));
  EXPECT_EQ(grad[2], 0);
  EXPECT_EQ(grad[3], 0);
  EXPECT_EQ(loss.mass({labels, {}}, 3), 2);
  EXPECT_TRUE(loss.ignores(-100));
  const Loss other("nll(ignore=1)");
  EXPECT_EQ(other.evaluate(p, 2, {Labels{0, 1, 1}, {}}, 1, grad), -1);
  EXPECT_EQ(other.mass({Labels{1, 1, 1}, {}}, 3), 0);
  message([&] { other.evaluate(p, 2, {Labels{0, -100, 1}, {}}, 1, {}); }, Code::data);
}

TEST(Loss, PrintsItsOptions) {
  EXPECT_EQ(Loss("huber").text(), "huber");
  EXPECT_EQ(Loss("huber").text(true), "huber(1)");
  EXPECT_EQ(Loss("huber( delta = 0.5 )").text(), "huber(0.5)");
  EXPECT_EQ(Loss("mse|l2( 1e-4 )").text(), "mse | l2(0.0001)");
  message([] { Loss("huber(0)"); }, Code::usage);
  message([] { Loss("huber(-1)"); }, Code::usage);
}

TEST(Loss, MseTakesLabelsAsOneHotRows) {
  const std::vector<float> p = {0.5f, 0.25f, -1, 2, 0, 1};
  const Labels labels = {2, 0};
  const std::vector<float> values = {0, 0, 1, 1, 0, 0};
  std::vector<float> by_label(6), by_value(6);
  const double a = Loss("mse").evaluate(p, 3, {labels, {}}, 0.5, by_label);
  const double b = Loss("mse").evaluate(p, 3, {{}, values}, 0.5, by_value);
  EXPECT_EQ(a, b);
  EXPECT_EQ(by_label, by_value);
  EXPECT_DOUBLE_EQ(a, (0.25 + 0.0625 + 4 + 1 + 0 + 1) / 3);
}

TEST(Loss, CorrectTakesTheFirstOfEqualOnes) {
  const std::vector<float> p = {1, 1, 0, 0, 2, 2, 3, 1, 2};
  EXPECT_EQ(correct(p, 3, Labels{0, 1, 0}), 3u);
  EXPECT_EQ(correct(p, 3, Labels{1, 2, 2}), 0u);
  EXPECT_EQ(correct(p, 3, Labels{-1, 3, 0}), 1u);
}

TEST(Loss, CorrectTakesASingleColumnAsALogit) {
  const std::vector<float> p = {2, 0, -1, 1e-30f, NAN, NAN};
  EXPECT_EQ(correct(p, 1, Labels{1, 0, 0, 1, 0, 1}), 4u);
  EXPECT_EQ(correct(std::vector<float>{1, NAN, 2}, 3, Labels{0}), 0u);
  EXPECT_TRUE(is_right(std::vector<float>{0.6f}, 1, 0.5f));
  EXPECT_TRUE(is_right(std::vector<float>{0.4f}, 0, 0.5f));
  EXPECT_EQ(correct(p, 1, Labels{0, 1, 1, 0, 0, 1}), 0u);
  EXPECT_EQ(correct(p, 1, Labels{2, -1, 0, 1, 0, 1}), 2u);
}

TEST(Loss, AnUnknownOneGetsACaretAndAHint) {
  const std::string text = message([] { Loss("cross_entrpy"); }, Code::usage);
  EXPECT_NE(text.find("(see `thalweg list losses`)"), std::string::npos) << text;
  EXPECT_NE(text.find("did you mean `cross_entropy`?"), std::string::npos) << text;
  EXPECT_NE(text.find("\n"), std::string::npos) << text;
  EXPECT_NE(text.find("^"), std::string::npos) << text;
  message([] { Loss(""); }, Code::usage);
  message([] { Loss("mse | mse"); }, Code::usage);
  message([] { Loss("mse(3)"); }, Code::usage);
}

TEST(Loss, ALabelOutOfRangeIsAnErrorThatNamesIt) {
  const std::vector<float> p(6);
  std::vector<float> grad(6, 5.0f);
  for (const std::int32_t label : {3, -1, 2147483647, -2147483647 - 1}) {
    for (const char* name : {"bce", "cross_entropy", "mae", "mse", "multi_margin", "nll"}) {
      const Labels labels = {0, label};
      const auto call = [&] { Loss(name).evaluate(p, 3, {labels, {}}, 1, grad); };
      const std::string text = message(call, Code::data);
      EXPECT_NE(text.find("row 1"), std::string::npos) << text;
      EXPECT_NE(text.find(std::to_string(label)), std::string::npos) << text;
    }
  }
  EXPECT_EQ(grad, std::vector<float>(6, 5.0f));
}

TEST(Loss, SizesThatDoNotFitAreErrors) {
  const Loss mse("mse"), cross_entropy("cross_entropy");
  const std::vector<float> p(6), values(5), six(6);
  std::vector<float> grad(5);
  const Labels two(2), three(3);
  message([&] { mse.evaluate(p, 0, {two, {}}, 1, {}); }, Code::usage);
  message([&] { mse.evaluate(p, 4, {two, {}}, 1, {}); }, Code::usage);
  message([&] { mse.evaluate(p, 3, {three, {}}, 1, {}); }, Code::usage);
  message([&] { mse.evaluate(p, 3, {{}, values}, 1, {}); }, Code::usage);
  message([&] { mse.evaluate(p, 3, {two, six}, 1, {}); }, Code::usage);
  message([&] { mse.evaluate(p, 3, {two, {}}, 1, grad); }, Code::usage);
  message([&] { Loss("nll").evaluate(p, 3, {{}, six}, 1, {}); }, Code::usage);
}

TEST(Loss, CheckGuardsTheShapeOfAModel) {
  const Loss mse("mse"), cross_entropy("cross_entropy");
  EXPECT_TRUE(cross_entropy.classifies());
  EXPECT_FALSE(mse.classifies());
  EXPECT_NO_THROW(cross_entropy.check(10, true, 10));
  EXPECT_NO_THROW(mse.check(10, true, 10));
  EXPECT_NO_THROW(mse.check(1, false, 1));
  message([&] { cross_entropy.check(9, true, 10); }, Code::usage);
  message([&] { cross_entropy.check(1, false, 1); }, Code::usage);
  message([&] { Loss("nll").check(3, false, 3); }, Code::usage);
  EXPECT_NO_THROW(cross_entropy.check(3, false, 3));
  message([&] { mse.check(2, false, 1); }, Code::usage);
}

nlohmann::json oracle(const std::string& name) {
  std::ifstream file(std::string(THALWEG_TESTS) + "/vectors/oracles/pytorch-2.13.0-run/" + name + ".json");
  return nlohmann::json::parse(file);
}

TEST(Loss, CrossEntropyIsThatOfTorch) {
  for (const std::string& name : std::vector<std::string>{"plain-sum", "extreme-sum", "extreme-mean"}) {
    const nlohmann::json wanted = oracle("loss-cross_entropy_" + name);
    const auto p = wanted["inputs"][0]["values"].get<std::vector<double>>();
    const auto labels = wanted["targets"][0]["values"].get<Labels>();
    const double scale = wanted["reduction"] == "mean" ? 1.0 / static_cast<double>(labels.size()) : 1.0;
    std::vector<double> grad(p.size());
    const double value =
        Loss("cross_entropy").evaluate(p, p.size() / labels.size(), {labels, {}}, scale, grad);
    const double expected = wanted["value"]["values"][0].get<double>();
    EXPECT_NEAR(value * scale, expected, 1e-12 * expected) << name;
    const auto gradient = wanted["gradients"][0]["values"].get<std::vector<double>>();
    for (std::size_t i = 0; i < grad.size(); ++i)
      EXPECT_NEAR(grad[i], gradient[i], 1e-13) << name << " " << i;
  }
}

// Targets are f32 here, which moves each difference by half a unit of the target.
TEST(Loss, MseIsThatOfTorch) {
  const nlohmann::json wanted = oracle("loss-mse-sum");
  const auto p = wanted["inputs"][0]["values"].get<std::vector<double>>();
  const auto values = wanted["targets"][0]["values"].get<std::vector<float>>();
  const std::size_t columns = wanted["inputs"][0]["shape"][1].get<std::size_t>();
  const double n = static_cast<double>(columns);
  std::vector<double> grad(p.size());
  const double value = Loss("mse").evaluate(p, columns, {{}, values}, n, grad);
  const double expected = wanted["value"]["values"][0].get<double>();
  EXPECT_NEAR(value * n, expected, 1e-9 * expected);
  const auto gradient = wanted["gradients"][0]["values"].get<std::vector<double>>();
  for (std::size_t i = 0; i < grad.size(); ++i) {
    EXPECT_NEAR(grad[i], gradient[i], 1.3e-7 * std::abs(static_cast<double>(values[i])) + 1e-12) << i;
  }
}

// A case of torch: predictions, and the targets as f32 with the differences to them as they were, so that the
// numbers of a loss of differences stand.
struct TorchCase {
  explicit TorchCase(const std::string& name) : json(oracle("loss-" + name)) {
    p = json["inputs"][0]["values"].get<std::vector<double>>();
    t = json["targets"][0]["values"].get<std::vector<double>>();
    values = as<float>(t);
    gradient = json["gradients"][0]["values"].get<std::vector<double>>();
    value = json["value"]["values"].get<std::vector<double>>();
  }
  void keep_differences() {
    for (std::size_t i = 0; i < p.size(); ++i) p[i] = (p[i] - t[i]) + static_cast<double>(values[i]);
  }
  nlohmann::json json;
  std::vector<double> p, t, gradient, value;
  std::vector<float> values;
};

TEST(Loss, MaeAndHuberAreThoseOfTorch) {
  const std::pair<std::string, std::string> cases[] = {
      {"mae", "l1-mean"}, {"huber(0.5)", "huber_delta0.5-sum"}, {"huber(2)", "huber_delta2.0-mean"}};
  for (const auto& [text, name] : cases) {
    TorchCase c(name);
    c.keep_differences();
    const double scale = c.json["reduction"] == "mean" ? 1.0 / 4 : 3.0;  // 4 rows of 3 columns
    std::vector<double> grad(c.p.size());
    const double value = Loss(text).evaluate(c.p, 3, {{}, c.values}, scale, grad);
    EXPECT_NEAR(value * scale, c.value[0], 1e-12 * c.value[0]) << name;
    for (std::size_t i = 0; i < grad.size(); ++i)
      EXPECT_NEAR(grad[i], c.gradient[i], 1e-13) << name << " " << i;
  }
}

// Every element a row of its own, scaled by the gradient that came from above.
TEST(Loss, HuberOfEveryElementIsThatOfTorch) {
  TorchCase c("huber_delta1.0-none");
  c.keep_differences();
  const auto upstream = c.json["upstream"].get<std::vector<double>>();
  for (std::size_t i = 0; i < c.p.size(); ++i) {
    double grad = 0;
    const double value =
        Loss("huber").evaluate({&c.p[i], 1}, 1, {{}, {&c.values[i], 1}}, upstream[i], {&grad, 1});
    EXPECT_NEAR(value, c.value[i], 1e-12 * (1 + c.value[i])) << i;
    EXPECT_NEAR(grad, c.gradient[i], 1e-13) << i;
  }
}

// The loss is linear in the target, so that its rounding to f32 can be taken out.
TEST(Loss, BceIsThatOfTorch) {
  for (const std::string& name : std::vector<std::string>{"sum", "none"}) {
    const TorchCase c("bce_with_logits_plain-" + name);
    double sum = 0;
    for (std::size_t i = 0; i < c.p.size(); ++i) {
      const double upstream = name == "none" ? c.json["upstream"][i].get<double>() : 1.0;
      const double shift = c.t[i] - static_cast<double>(c.values[i]);
      double grad = 0;
      const double value =
          Loss("bce").evaluate({&c.p[i], 1}, 1, {{}, {&c.values[i], 1}}, upstream, {&grad, 1}) -
          shift * c.p[i];
      sum += value;
      if (name == "none") {
        EXPECT_NEAR(value, c.value[i], 1e-12 * (1 + c.value[i])) << i;
      }
      EXPECT_NEAR(grad - shift * upstream, c.gradient[i], 1e-13) << name << " " << i;
    }
    if (name == "sum") {
      EXPECT_NEAR(sum, c.value[0], 1e-12 * c.value[0]);
    }
  }
}

}  // namespace
}  // namespace thalweg
