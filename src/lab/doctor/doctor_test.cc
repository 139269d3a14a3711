// Runs with one fault each, planted by their settings or their data, and healthy ones.
#include "thalweg/lab/doctor.h"

#include <cmath>

#include "base/random.h"
#include "run/test_run.h"

namespace thalweg {
namespace {

class Doctor : public RunTest {
 protected:
  // Trains to the end, or to where it diverges.
  void train(const RunConfig& config) const {
    Training run = Training::create(config, path());
    try {
      for (Report report; run.next(report);) {
      }
      run.finish();
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), Code::diverged) << error.what();
    }
  }

  Diagnosis diagnosis(const RunConfig& config) const {
    train(config);
    return diagnose(path(), 2);
  }

  void expect_fault(const RunConfig& config, const std::string& fault, const std::string& evidence) const {
    const Diagnosis found = diagnosis(config);
    for (const Finding& finding : found.findings) {
      if (finding.fault != fault) continue;
      EXPECT_TRUE(has(finding.evidence, evidence)) << finding.evidence;
      EXPECT_FALSE(finding.advice.empty());
      return;
    }
    ADD_FAILURE() << "no " << fault << " in\n" << found.text();
  }

  void expect_healthy(const RunConfig& config) const {
    const Diagnosis found = diagnosis(config);
    EXPECT_TRUE(found.findings.empty()) << found.text();
    EXPECT_TRUE(has(found.text(), "healthy"));
  }

  std::string csv(const std::string& rows, const std::string& options = "") const {
    replace_file(path("table.csv"), rows);
    return "csv(\"" + path("table.csv").string() + "\"" + options + ")";
  }
};

RunConfig digits() {
  RunConfig config;
  config.model = "dense(32) | relu | dense(10)";
  config.optimizer = "adamw(lr=cosine(5e-3), decay=0.01)";
  config.epochs = 8;
  config.batch = 64;
  return config;  // 184 updates
}

RunConfig with_optimizer(const std::string& optimizer) {
  RunConfig config = digits();
  config.optimizer = optimizer;
  return config;
}

// Rows of `columns` numbers, each of its own scale, and a class by `label`.
template <class Label>
std::string table(std::size_t rows, std::size_t columns, double first_scale, const Label& label) {
  std::string out;
  const Random random(7, Purpose::noise, 0);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      const double x = random.uniform(i * columns + j) - 0.5;
      out += std::to_string(j == 0 ? first_scale * x : x) + ",";
    }
    out += std::string(label(i)) + "\n";
  }
  return out;
}

TEST_F(Doctor, NamesWhatIsFirstNotFinite) {
  expect_fault(with_optimizer("sgd(lr=1e30)"), "not-finite", "output of `dense`, layer 3, at update 2");
}

TEST_F(Doctor, NamesARateThatIsTooLarge) {
  expect_fault(with_optimizer("adam(lr=3)"), "rate-too-large", "the rate 3 ");
}

TEST_F(Doctor, NamesARateThatIsTooSmall) {
  expect_fault(with_optimizer("adam(lr=1e-5)"), "rate-too-small", "the rate 1e-05 ");
}

TEST_F(Doctor, NamesNormsThatExplode) {
  expect_fault(with_optimizer("maximize | lr(0.1)"), "exploding-norms", "the norm of ");
}

TEST_F(Doctor, NamesDeadUnits) {
  expect_fault(with_optimizer("adam | lr(1e-3) | box(-1000, -100, on=dense1.bias)"), "dead-units",
               "32 of the 32 units of relu, layer 2");
}

TEST_F(Doctor, NamesOverfitting) {
  const Random random(3, Purpose::noise, 1);
  RunConfig config;
  config.data = csv(table(150, 8, 1, [&](std::size_t i) { return random.below(2, i) == 0 ? "no" : "yes"; }));
  config.model = "dense(64) | relu | dense(2)";
  config.optimizer = "adamw(lr=1e-2)";
  config.epochs = 60;
  config.batch = 32;
  expect_fault(config, "overfitting", "held-out loss was lowest");
}

TEST_F(Doctor, NamesAScheduleThatIsCutOff) {
  expect_fault(with_optimizer("adamw(lr=cosine(5e-3, total=100ep))"), "schedule-unfinished",
               "after 184 updates; its schedule comes down to 0 at update 2300");
}

TEST_F(Doctor, NamesDecayOfBiases) {
  expect_fault(with_optimizer("adam | decay(0.01) | lr(cosine(5e-3))"), "decay-on-biases",
               "`decay(0.01)` acts on `dense1.bias`");
}

TEST_F(Doctor, NamesInputsThatAreNotNormalised) {
  RunConfig config;
  config.data =
      csv(table(200, 4, 1000, [](std::size_t i) { return i % 2 == 0 ? "a" : "b"; }), ", scale=none");
  config.epochs = 3;
  expect_fault(config, "not-normalised", "the root mean square of the inputs is ");
}

TEST_F(Doctor, NamesLabelsOfOneClass) {
  RunConfig config;
  config.data = csv(table(300, 4, 1, [](std::size_t i) { return i % 50 == 0 ? "rare" : "usual"; }));
  config.epochs = 3;
  expect_fault(config, "one-class", "97.9 % of the 240 training labels are `usual`");
}

TEST_F(Doctor, NamesSamplesInTheOrderOfTheirLabels) {
  RunConfig config;
  config.data = "csv(\"" THALWEG_TESTS "/data/tables/iris.csv\", header=yes)";
  config.order = "file";
  config.batch = 16;
  config.epochs = 3;
  expect_fault(config, "sorted-order", "98 % of the samples have the label of the one before");
}

TEST_F(Doctor, NamesAnOutputThatTheLossSquashesAgain) {
  RunConfig config = digits();
  config.model = "dense(32) | relu | dense(10) | softmax";
  expect_fault(config, "squashed-output", "`softmax`");
}

TEST_F(Doctor, IsSilentAboutTheDefaults) { expect_healthy({.threads = 2}); }

TEST_F(Doctor, IsSilentAboutMomentum) {
  RunConfig config = with_optimizer("sgd(lr=0.05, momentum=0.9)");
  config.epochs = 15;
  expect_healthy(config);
}

TEST_F(Doctor, IsSilentAboutATableOfClasses) {
  RunConfig config;
  config.data = "csv(\"" THALWEG_TESTS "/data/tables/iris.csv\", header=yes)";
  expect_healthy(config);
}

TEST_F(Doctor, IsSilentAboutValues) {
  const Random random(7, Purpose::noise, 0);
  RunConfig config;
  config.data = csv(table(
      200, 3, 1, [&](std::size_t i) { return std::to_string(std::sin(4 * (random.uniform(i * 3) - 0.5))); }));
  config.optimizer = "adamw(lr=cosine(5e-3, warmup=5%), decay=0.01)";
  config.epochs = 40;
  expect_healthy(config);
}

TEST_F(Doctor, ChangesNothingAndSaysTheSameTwice) {
  train(with_optimizer("adam | decay(0.01) | lr(cosine(5e-3))"));
  const auto before = results(path());
  const std::string json = diagnose(path()).json();
  EXPECT_EQ(diagnose(path(), 2).json(), json);
  EXPECT_EQ(results(path()), before);
  EXPECT_TRUE(has(json, "\"healthy\": false"));
}

TEST_F(Doctor, RefusesWhatIsNoRun) { EXPECT_THROW(diagnose(path("nothing")), Error); }

}  // namespace
}  // namespace thalweg
