// thalweg train --folds, as a user sees it.
#include "tool_case.h"

namespace thalweg {
namespace {

class FoldsTool : public Tool {};

TEST_F(FoldsTool, TrainAndTellMeanAndDeviation) {
  const Outcome outcome = run({"train", "--folds", "3", "--epochs", "1", "--out", "cv", "--quiet"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  for (const char* part :
       {"metric", "mean", "deviation", "fold 3", "accuracy", "cv/fold-1 to fold-3", "cv/report.html"})
    EXPECT_NE(outcome.out.find(part), std::string::npos) << part << "\n" << outcome.out;
  EXPECT_TRUE(fs::exists(path("cv/fold-2/report.html")));
  const std::string page = contents(path("cv/report.html"));
  for (const char* part : {"Over the folds", "balanced accuracy", "fold-3"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  const Outcome again = run({"train", "--resume", "cv", "--json", "--quiet"});
  EXPECT_EQ(again.code, 0) << again.err;
  const Json json = Json::parse(again.out);
  EXPECT_EQ(json["folds"], 3);
  EXPECT_EQ(json["metrics"]["loss"]["folds"].size(), 3u);
  EXPECT_EQ(run({"page", "cv", "--out", "cv.html"}).code, 0);
  refused({"eval", "cv"}, 3, {"not one run, but those of all folds", "cv/fold-1", "--held-out 0"});
  const Outcome one =
      run({"train", "--config", "cv/folds.toml", "--held-out", "0", "--quiet", "--json", "--out", "one"});
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_EQ(Json::parse(one.out)["train"]["samples"], 1797);
  EXPECT_EQ(contents(path("cv.html")), page);
}

TEST_F(FoldsTool, OfARareClassTheBalancedAccuracyComesFirst) {
  std::string table = "a,b,kind\n";
  for (int i = 0; i < 200; ++i)
    table += std::to_string(i % 7) + "," + std::to_string(i % 11) + "," + (i % 20 == 0 ? "yes" : "no") + "\n";
  write("rare.csv", table);
  const Outcome outcome = run({"train", "--data", "csv(rare.csv, target=kind)", "--folds", "2", "--epochs",
                               "1", "--optimizer", "adam(lr=1e-3)", "--out", "cv", "--quiet"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  for (const char* part :
       {"baseline                0.95         0", "yes                5 +- 0", "each class against"})
    EXPECT_NE(outcome.out.find(part), std::string::npos) << part << "\n" << outcome.out;
  const std::string page = contents(path("cv/report.html"));
  for (const char* part : {"<h1>2 folds: balanced accuracy", "; the commonest class has 95.0%"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
}

TEST_F(FoldsTool, TellWhatATestPartReports) {
  const Outcome outcome =
      run({"train", "--folds", "2", "--test", "0.1", "--epochs", "1", "--out", "cv", "--quiet"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("of the test part, by the model of each fold"), std::string::npos);
  const std::string page = contents(path("cv/report.html"));
  for (const char* part : {"Each model on the test part", "Test loss", "the best on test data is in bold"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
}

TEST_F(FoldsTool, GoOnAfterTheTimeIsUp) {
  const Outcome whole =
      run({"train", "--folds", "2", "--epochs", "3", "--quiet", "--out", "whole", "--json"});
  const Outcome cut =
      run({"train", "--folds", "2", "--epochs", "3", "--quiet", "--out", "cv", "--max-time", "0.001s"});
  EXPECT_EQ(cut.code, 143) << cut.err;
  EXPECT_NE(cut.err.find("saved in fold 1 of 2; continue with `thalweg train --resume"), std::string::npos)
      << cut.err;
  const Outcome rest = run({"train", "--resume", "cv", "--json", "--quiet"});
  EXPECT_EQ(rest.code, 0) << rest.err;
  EXPECT_EQ(Json::parse(rest.out)["metrics"], Json::parse(whole.out)["metrics"]);
}

TEST_F(FoldsTool, ThatDoNotFitAreRefused) {
  refused({"train", "--folds", "1"}, 2, {"--folds"});
  refused({"train", "--folds", "2", "--held-out", "0.3"}, 2, {"--held-out"});
  refused({"train", "--folds", "2000"}, 2, {"there are too few rows"});
  EXPECT_FALSE(fs::exists(path("runs")));
}

}  // namespace
}  // namespace thalweg
