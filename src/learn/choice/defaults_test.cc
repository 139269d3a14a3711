#include "choice/defaults.h"

#include <gtest/gtest.h>

#include "choice/test_data.h"

namespace thalweg {
namespace {

TEST(Defaults, FollowTheData) {
  const RunConfig classes = fit_to_data({}, data_of(1438, 10, 0));
  EXPECT_EQ(classes.model, "dense(128) | relu | dense(10)");
  EXPECT_EQ(classes.loss, "cross_entropy");
  EXPECT_EQ(classes.optimizer, "adamw(lr=cosine(5e-3, warmup=5%), decay=0.01)");
  EXPECT_EQ(classes.batch, 64u);
  EXPECT_EQ(classes.epochs, 30u);
  const RunConfig values = fit_to_data({}, data_of(640, 0, 3));
  EXPECT_EQ(values.model, "dense(128) | relu | dense(3)");
  EXPECT_EQ(values.loss, "mse");
  EXPECT_EQ(values.epochs, 200u) << "2,000 updates of 10 an epoch";
  EXPECT_EQ(fit_to_data({}, data_of(6400, 0, 1)).epochs, 100u);
  EXPECT_EQ(fit_to_data({}, data_of(25600, 0, 1)).epochs, 50u) << "20,000 updates of 400 an epoch";
  EXPECT_EQ(fit_to_data({}, data_of(640000, 0, 1)).epochs, 30u);
  EXPECT_EQ(fit_to_data({}, data_of(120, 3, 0)).epochs, 150u);
}

TEST(Defaults, FitARunOfOneUpdate) {
  RunConfig config;
  config.batch = 0;
  config.epochs = 1;
  EXPECT_EQ(fit_to_data(config, data_of(100, 2, 0)).optimizer, "adamw(lr=cosine(5e-3), decay=1)");
  config.epochs = 2;
  EXPECT_EQ(fit_to_data(config, data_of(100, 2, 0)).optimizer, "adamw(lr=cosine(5e-3, warmup=5%), decay=1)");
  config.batch.reset();
  config.epochs = 1;
  EXPECT_EQ(fit_to_data(config, data_of(64, 0, 1)).optimizer, "adamw(lr=cosine(5e-3), decay=0.01)");
  EXPECT_EQ(fit_to_data(config, data_of(65, 0, 1)).optimizer,
            "adamw(lr=cosine(5e-3, warmup=5%), decay=0.01)");
}

TEST(Defaults, LeaveWhatIsGiven) {
  RunConfig config;
  config.model = "dense(2)";
  config.loss = "mse";
  config.optimizer = "sgd(lr=0.1)";
  config.batch = 0;
  config.epochs = 7;
  const RunConfig got = fit_to_data(config, data_of(100, 2, 0));
  EXPECT_EQ(got.model, "dense(2)");
  EXPECT_EQ(got.loss, "mse");
  EXPECT_EQ(got.optimizer, "sgd(lr=0.1)");
  EXPECT_EQ(got.batch, 0u);
  EXPECT_EQ(got.epochs, 7u);
  config.epochs.reset();
  config.accumulate = 5;
  EXPECT_EQ(fit_to_data(config, data_of(100, 2, 0)).epochs, 300u) << "one update an epoch";
}

}  // namespace
}  // namespace thalweg
