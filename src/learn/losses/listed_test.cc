// What every listed loss promises, and with the options that turn its formula.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "base/random.h"
#include "losses/loss.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

using Labels = std::vector<std::int32_t>;

std::vector<std::string> all_texts() {
  std::vector<std::string> texts = {"bce(true)",
                                    "bce(pos_weight=[2.5])",
                                    "cosine_embedding(0.3)",
                                    "cross_entropy(0.2)",
                                    "focal(0.5, alpha=-1)",
                                    "gaussian_nll(true)",
                                    "hinge_embedding(2)",
                                    "huber(0.5)",
                                    "kl_div(true)",
                                    "multi_margin(2)",
                                    "poisson_nll(false, full=true)",
                                    "quantile(0.9)",
                                    "smooth_l1(0.25)",
                                    "triplet_margin(1.5, p=1)",
                                    "triplet_margin(2, p=3, swap=true)"};
  for (const Spec* spec : loss_specs()) texts.emplace_back(spec->name);
  return texts;
}

// Predictions that are probabilities, variances or counts are positive.
bool needs_positive(const std::string& text) {
  return text == "bce(true)" || text.starts_with("gaussian_nll") || text.starts_with("poisson_nll(false");
}

std::vector<double> uniform(std::size_t n, double from, double to, std::uint64_t stream) {
  const Random random(7, Purpose::init, stream);
  std::vector<double> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = from + (to - from) * random.uniform(i);
  return values;
}

std::vector<double> predictions(const std::string& text, std::size_t n, std::uint64_t stream) {
  return needs_positive(text) ? uniform(n, 0.05, 0.95, stream) : uniform(n, -2, 2, stream);
}

bool takes(const std::function<void()>& call) {
  try {
    call();
    return true;
  } catch (const Error&) {
    return false;
  }
}

// Targets of so many rows that a loss takes beside predictions of so many columns.
struct Fit {
  std::size_t rows, columns;
  std::size_t size;  // classes, or values of a row
  Labels labels = {};
  std::vector<float> values = {};

  Targets targets() const { return {.labels = labels, .values = values}; }
  Targets row(std::size_t i) const {
    const std::size_t n = values.size() / rows;
    return {.labels = labels.empty() ? std::span<const std::int32_t>() : std::span(labels).subspan(i, 1),
            .values = std::span(values).subspan(i * n, n)};
  }
};

// All of them: labels where it takes them, and values.
std::vector<Fit> fits(const std::string& text, std::size_t rows, std::size_t columns) {
  const Loss loss(text);
  std::vector<Fit> out;
  for (std::size_t n = 1; n <= columns + 1; ++n) {
    if (takes([&] { loss.check(columns, true, n); })) {
      Fit fit{rows, columns, n};
      for (std::size_t i = 0; i < rows; ++i)
        fit.labels.push_back(static_cast<std::int32_t>(Random(8, Purpose::init, columns).below(n, i)));
      out.push_back(fit);
    }
    if (!takes([&] { loss.check(columns, false, n); })) continue;
    Fit fit{rows, columns, n};
    for (const double share : uniform(rows * n, 0, 1, 99)) fit.values.push_back(static_cast<float>(share));
    if (text.starts_with("hinge") || text.starts_with("cosine"))
      for (float& x : fit.values) x = x > 0.5f ? 1.0f : -1.0f;
    if (text.starts_with("triplet")) fit.values.clear();
    out.push_back(fit);
  }
  return out;
}

// Calls f(text, loss, fit) for every loss and all shapes.
void for_all(const std::function<void(const std::string&, const Loss&, const Fit&)>& f) {
  for (const std::string& text : all_texts()) {
    std::size_t shapes = 0;
    for (const auto& [rows, columns] :
         {std::pair<std::size_t, std::size_t>{1, 1}, {1, 2}, {3, 6}, {5, 12}, {2, 33}}) {
      for (const Fit& fit : fits(text, rows, columns)) {
        f(text, Loss(text), fit);
        ++shapes;
      }
    }
    EXPECT_GE(shapes, 2u) << text;
  }
}

TEST(Losses, C11GradientsOfAllAreThoseOfCentralDifferences) {
  ASSERT_GE(loss_specs().size(), 17u);
  for_all([](const std::string& text, const Loss& loss, const Fit& fit) {
    constexpr double kScale = 0.75, kStep = 1e-5;
    std::vector<double> p = predictions(text, fit.rows * fit.columns, fit.rows);
    std::vector<double> grad(p.size());
    loss.evaluate(p, fit.columns, fit.targets(), kScale, grad);
    for (std::size_t i = 0; i < p.size(); ++i) {
      const double at = p[i];
      p[i] = at + kStep;
      const double above = loss.evaluate(p, fit.columns, fit.targets(), 1, {});
      p[i] = at - kStep;
      const double below = loss.evaluate(p, fit.columns, fit.targets(), 1, {});
      p[i] = at;
      const double wanted = kScale * (above - below) / (2 * kStep);
      EXPECT_NEAR(grad[i], wanted, 1e-6 * std::max(std::abs(wanted), 1e-2))
          << text << " " << fit.rows << "x" << fit.columns << " element " << i;
    }
  });
}

TEST(Losses, AllAreTheSameInBothTypes) {
  for_all([](const std::string& text, const Loss& loss, const Fit& fit) {
    const std::vector<double> p = predictions(text, fit.rows * fit.columns, 1);
    const std::vector<float> p32(p.begin(), p.end());
    const std::vector<double> p64(p32.begin(), p32.end());
    std::vector<double> grad64(p.size());
    std::vector<float> grad32(p.size());
    const double scale = 1.0 / static_cast<double>(fit.rows);
    const double value64 = loss.evaluate(p64, fit.columns, fit.targets(), scale, grad64);
    const double value32 = loss.evaluate(p32, fit.columns, fit.targets(), scale, grad32);
    EXPECT_NEAR(value32, value64, 1e-6 * std::abs(value64)) << text;
    for (std::size_t i = 0; i < p.size(); ++i)
      EXPECT_NEAR(grad32[i], grad64[i], 1e-7 * (1 + std::abs(grad64[i]))) << text << " " << i;
  });
}

TEST(Losses, TargetsInDoubleAreTheSame) {
  for_all([](const std::string& text, const Loss& loss, const Fit& fit) {
    if (fit.values.empty()) return;
    const std::vector<double> exact(fit.values.begin(), fit.values.end());
    const std::vector<double> p = predictions(text, fit.rows * fit.columns, 1);
    std::vector<double> a(p.size()), b(p.size());
    EXPECT_EQ(loss.evaluate(p, fit.columns, fit.targets(), 1, a),
              loss.evaluate(p, fit.columns, {.labels = {}, .values = {}, .exact = exact}, 1, b))
        << text;
    EXPECT_EQ(a, b) << text;
  });
}

TEST(Losses, C10RowsDoNotDependOnOneAnother) {
  for_all([](const std::string& text, const Loss& loss, const Fit& fit) {
    const std::vector<double> p64 = predictions(text, fit.rows * fit.columns, 3);
    const std::vector<float> p(p64.begin(), p64.end());
    std::vector<float> whole(p.size()), part(fit.columns);
    double sum = 0;
    const double all = loss.evaluate(p, fit.columns, fit.targets(), 0.25, whole);
    for (std::size_t row = 0; row < fit.rows; ++row) {
      const std::size_t at = row * fit.columns;
      sum += loss.evaluate(std::span(p).subspan(at, fit.columns), fit.columns, fit.row(row), 0.25, part);
      for (std::size_t j = 0; j < fit.columns; ++j) EXPECT_EQ(part[j], whole[at + j]) << text;
    }
    EXPECT_EQ(sum, all) << text;
  });
}

// A weight of 2 is a row that is there twice, and one of 0 is a row that is not there, whatever it predicts.
TEST(Losses, WeightsOfRowsAreRepetitions) {
  for_all([](const std::string& text, const Loss& loss, const Fit& fit) {
    if (fit.rows < 3) return;
    std::vector<double> p = predictions(text, fit.rows * fit.columns, 5), weights(fit.rows);
    std::iota(weights.begin(), weights.end(), 0.0);
    for (std::size_t j = 0; j < fit.columns; ++j) p[j] = NAN;  // the first row weighs 0
    Targets targets = fit.targets();
    targets.weights = weights;
    std::vector<double> grad(p.size()), one(fit.columns);
    const double got = loss.evaluate(p, fit.columns, targets, 0.5, grad);
    double sum = 0, mass = 0;
    for (std::size_t row = 1; row < fit.rows; ++row) {
      const std::size_t at = row * fit.columns;
      sum += weights[row] * loss.evaluate(std::span<const double>(p).subspan(at, fit.columns), fit.columns,
                                          fit.row(row), 0.5, one);
      mass += weights[row] * loss.mass(fit.row(row), 1);
      for (std::size_t j = 0; j < fit.columns; ++j)
        EXPECT_NEAR(grad[at + j], weights[row] * one[j], 1e-15 * (1 + std::abs(grad[at + j]))) << text;
    }
    for (std::size_t j = 0; j < fit.columns; ++j) EXPECT_EQ(grad[j], 0.0) << text;
    EXPECT_NEAR(got, sum, 1e-14 * (1 + std::abs(sum))) << text;
    EXPECT_EQ(loss.mass(targets, fit.rows), mass) << text;
    EXPECT_EQ(loss.mass(fit.targets(), fit.rows), static_cast<double>(fit.rows)) << text;
    weights[1] = -1;
    EXPECT_FALSE(takes([&] { loss.evaluate(p, fit.columns, targets, 1, {}); })) << text;
    weights[1] = INFINITY;
    EXPECT_FALSE(takes([&] { loss.evaluate(p, fit.columns, targets, 1, {}); })) << text;
  });
}

// Weights of classes, and of columns of values, in every loss that has targets.
TEST(Losses, WeightsOfClassesAndOfColumnsScaleTheirShare) {
  for_all([](const std::string& text, const Loss& loss, const Fit& fit) {
    if (text.find('(') != std::string::npos || text == "triplet_margin") return;
    const auto only = [&](std::size_t wanted, int factor) {
      std::string list;
      for (std::size_t j = 0; j < fit.size; ++j)
        list += (j > 0 ? ", " : "") + std::to_string(j == wanted ? factor : 0);
      return Loss(text + "(weight=[" + list + "])");
    };
    const std::vector<double> p = predictions(text, fit.rows * fit.columns, 5);
    const auto value = [&](const Loss& one) { return one.evaluate(p, fit.columns, fit.targets(), 1, {}); };
    double parts = 0, mass = 0;
    for (std::size_t j = 0; j < fit.size; ++j) {
      parts += value(only(j, 1));
      mass += only(j, 1).mass(fit.targets(), fit.rows);
      EXPECT_NEAR(value(only(j, 3)), 3 * value(only(j, 1)), 1e-12) << text;
    }
    EXPECT_NEAR(parts, value(loss), 1e-12 * (1 + std::abs(parts))) << text;
    // In the mean they count as in torch: not at all, or as what they are.
    const double rows = static_cast<double>(fit.rows);
    const bool weighs = (loss.classifies() && !fit.labels.empty() && text != "multi_margin") ||
                        text == "mse" || text == "mae";
    EXPECT_NEAR(mass, weighs ? rows : rows * static_cast<double>(fit.size), 1e-12 * mass) << text;
  });
}

TEST(Losses, ANanStaysOne) {
  for_all([](const std::string& text, const Loss& loss, const Fit& fit) {
    const std::vector<float> p(fit.rows * fit.columns, NAN);
    EXPECT_TRUE(std::isnan(loss.evaluate(p, fit.columns, fit.targets(), 1, {}))) << text;
  });
}

TEST(Losses, ANanInOneColumnIsOneInItsGradientToo) {
  for_all([](const std::string& text, const Loss& loss, const Fit& fit) {
    if (loss.classifies() || fit.rows * fit.columns < 6) return;
    std::vector<double> p = predictions(text, fit.rows * fit.columns, 2), grad(p.size());
    p[fit.columns + 1] = NAN;
    EXPECT_TRUE(std::isnan(loss.evaluate(p, fit.columns, fit.targets(), 1, grad))) << text;
    EXPECT_TRUE(std::isnan(grad[fit.columns + 1])) << text;
    for (std::size_t j = 0; j < fit.columns; ++j) EXPECT_FALSE(std::isnan(grad[j])) << text;
  });
}

TEST(Losses, AreFiniteFarOut) {
  for_all([](const std::string& text, const Loss& loss, const Fit& fit) {
    if (text == "poisson_nll") return;  // e^10000 is no double
    std::vector<float> p(fit.rows * fit.columns), grad(p.size());
    for (std::size_t i = 0; i < p.size(); ++i) p[i] = i % 3 == 0 ? 1e4f : i % 3 == 1 ? -1e4f : 0.0f;
    if (needs_positive(text)) {
      for (float& x : p) x = text == "bce(true)" ? (x > 0 ? 1.0f : 0.0f) : std::fabs(x);
    }
    EXPECT_TRUE(std::isfinite(loss.evaluate(p, fit.columns, fit.targets(), 1, grad))) << text;
    for (const float g : grad) EXPECT_TRUE(std::isfinite(g)) << text;
  });
}

TEST(Losses, PrintWhatTheyRead) {
  for (const std::string& text : all_texts()) {
    EXPECT_EQ(Loss(Loss(text).text(true)).text(true), Loss(text).text(true));
    EXPECT_EQ(Loss(Loss(text).text()).text(true), Loss(text).text(true));
  }
  for (const Spec* spec : loss_specs()) {
    EXPECT_FALSE(spec->formula.empty()) << spec->name;
    EXPECT_LE(spec->doc.size(), 120u) << spec->name;
    EXPECT_EQ(spec->find("weight").has_value(), spec->name != "triplet_margin") << spec->name;
  }
}

}  // namespace
}  // namespace thalweg
