#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/test_error.h"
#include "base/test_folder.h"
#include "thalweg/c.h"

namespace thalweg {
namespace {

TEST(CWorkbench, OptimizersAreComparedInAFolder) {
  const TestFolder folder;
  const char* optimizers[] = {"sgd(lr=0.1)", "adam(lr=0.01)"};
  const std::string where = (folder.path() / "comparison").string();
  const char* result = nullptr;
  ASSERT_EQ(thalweg_compare(optimizers, 2, "epochs = 1\nmodel = \"dense(10)\"\nthreads = 1\n", 2, 1,
                            where.c_str(), "json", &result),
            THALWEG_OK)
      << thalweg_last_error();
  expect_contains(result, "\"headline\"");
  EXPECT_EQ(thalweg_compare(optimizers, 2, "epochs = 1\nmodel = \"dense(10)\"\nthreads = 1\n", 2, 1,
                            where.c_str(), "html", &result),
            THALWEG_OK);
  expect_contains(result, "</html>");
}

TEST(CWorkbench, OptimizersAreStudiedOverDataSetsAndFolds) {
  const TestFolder folder;
  const char* optimizers[] = {"sgd(lr=0.1)", "adam(lr=1e-6)"};
  const char* data[] = {"digits", "digits | shift(1)"};
  const char* settings = "epochs = 1\nmodel = \"dense(10)\"\nthreads = 1\n";
  const std::string where = (folder.path() / "study").string(), folds = (folder.path() / "folds").string();
  const char* result = nullptr;
  ASSERT_EQ(thalweg_study(optimizers, 2, data, 2, 0, settings, 1, 1, where.c_str(), "json", &result),
            THALWEG_OK)
      << thalweg_last_error();
  expect_contains(result, "\"blocks\": [\"digits\", \"digits | shift(1)\"]");
  for (const char* file : {"study.json", "report.html", "data-2/report.html"})
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "study" / file)) << file;
  ASSERT_EQ(thalweg_study(optimizers, 2, nullptr, 0, 2, settings, 1, 1, folds.c_str(), "text", &result),
            THALWEG_OK)
      << thalweg_last_error();
  expect_contains(result, "a mean rank of 1.00 over 2 folds");
  EXPECT_EQ(thalweg_study(optimizers, 2, data, 1, 0, settings, 1, 1, "none", "json", &result), THALWEG_USAGE);
  expect_contains(thalweg_last_error(), "there is one data set");
}

TEST(CWorkbench, PicturesAreDrawnInTheFormatThatIsAskedFor) {
  const char* result = nullptr;
  const char* chains[] = {"lr(1e-3)", "adam | lr(0.1)"};
  ASSERT_EQ(thalweg_landscape("rosenbrock", chains, 2, 20, "svg", &result), THALWEG_OK)
      << thalweg_last_error();
  expect_contains(result, "<svg");
  const char* schedules[] = {"cosine(0.1)", "0.05"};
  ASSERT_EQ(thalweg_schedule_plot(schedules, 2, 100, 0, "svg", &result), THALWEG_OK) << thalweg_last_error();
  expect_contains(result, "<svg");
  EXPECT_EQ(thalweg_schedule_plot(schedules, 2, 100, 0, "png", &result), THALWEG_USAGE);
  expect_contains(thalweg_last_error(), "format: unknown; got `png`; want svg, html");
  EXPECT_EQ(thalweg_landscape("rosenbrock", nullptr, 2, 20, "svg", &result), THALWEG_USAGE);
  expect_contains(thalweg_last_error(), "chains: it is NULL");
}

TEST(CWorkbench, CasesAreVerified) {
  const TestFolder folder;
  folder.write("none.json", "{}");
  const std::string path = folder.path().string();
  const char* paths[] = {path.c_str()};
  const char* result = nullptr;
  ASSERT_EQ(thalweg_verify(paths, 1, &result), THALWEG_OK) << thalweg_last_error();
  expect_contains(result, "\"failed\": 1");
}

}  // namespace
}  // namespace thalweg
