// thalweg compare and schedule --html as their users meet them.
#include <algorithm>
#include <regex>

#include "tool_case.h"

namespace thalweg {
namespace {

const Arguments kQuick = {"compare",
                          "--tuning-seeds",
                          "1",
                          "--optimizers",
                          "gd; sgd; adam(lr=1e-3)",
                          "--seeds",
                          "2",
                          "--rates",
                          "3",
                          "--decades",
                          "2",
                          "--epochs",
                          "2",
                          "--model",
                          "dense(10)",
                          "--quiet",
                          "--json",
                          "--target-accuracy",
                          "0.5",
                          "--threads",
                          "2"};

Arguments with(Arguments arguments, const Arguments& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

// The same with another value of a flag.
Arguments changed(Arguments arguments, const std::string& flag, const std::string& value) {
  *(std::find(arguments.begin(), arguments.end(), flag) + 1) = value;
  return arguments;
}

// Without what differs from one execution to the next.
Json without_seconds(Json result) {
  for (Json& o : result["optimizers"]) {
    o.erase("seconds");
    o.erase("seconds_to_target");
    for (Json& run : o["runs"]) run.erase("seconds");
  }
  return result;
}

TEST_F(Tool, CompareAnswersWhichOneAndHowSure) {
  const Json result = json(with(kQuick, {"--out", "c"}));
  EXPECT_EQ(keys(result), (std::set<std::string>{"schema",
                                                 "headline",
                                                 "doubt",
                                                 "data",
                                                 "model",
                                                 "loss",
                                                 "epochs",
                                                 "batch",
                                                 "seed",
                                                 "seeds",
                                                 "training_samples",
                                                 "held_out_samples",
                                                 "measure",
                                                 "baseline",
                                                 "target_accuracy",
                                                 "target_loss",
                                                 "tuning",
                                                 "least_p",
                                                 "seeds_to_decide",
                                                 "optimizers",
                                                 "pairs"}));
  EXPECT_EQ(result["schema"], 1);
  EXPECT_EQ(result["measure"], "accuracy");
  EXPECT_EQ(result["tuning"]["runs"], 3);
  EXPECT_EQ(result["pairs"].size(), 3u);
  EXPECT_EQ(result["least_p"], 1);  // 3 pairs at 1/2
  ASSERT_EQ(result["optimizers"].size(), 3u);
  const Json& best = result["optimizers"][0];
  EXPECT_EQ(best["standing"], "best");
  EXPECT_EQ(result["headline"].get<std::string>().find(best["optimizer"]), 0u);
  for (const Json& o : result["optimizers"]) {
    EXPECT_EQ(o["runs"].size(), 2u);
    EXPECT_EQ(o["rates"].size(), 3u);
    EXPECT_EQ(o["updates"], o["optimizer"] == "gd" ? 2 : 46);
    EXPECT_LE(o["score"]["low"], o["score"]["median"]);
    const double middle = o["rates"][1]["rate"];
    EXPECT_NEAR(middle, o["optimizer"] == "adam(lr=1e-3)" ? 1e-3 : 0.0316, 1e-12);
  }
  const std::string page = contents(path("c") / "report.html");
  for (const std::string& part : {best["optimizer"].get<std::string>(), result["headline"].get<std::string>(),
                                  std::string("<svg"), std::string("Holm")}) {
    EXPECT_NE(page.find(part), std::string::npos) << part;
  }
  // What it clips by is its own.
  const std::string still =
      std::regex_replace(page.substr(0, page.find("<script>")), std::regex("url\\(#"), "");
  for (const char* part : {"http://", "https://", " src=", "url(", "nan\"", "inf\""})
    EXPECT_EQ(still.find(part), std::string::npos) << part;
}

TEST_F(Tool, CompareGoesOnWhereItWas) {
  const Json whole = without_seconds(json(with(kQuick, {"--out", "c"})));
  std::vector<std::string> lines = lines_of(contents(path("c") / "runs.jsonl"));
  ASSERT_EQ(lines.size(), 15u);
  std::string half;
  for (std::size_t i = 0; i < 7; ++i) half += lines[i] + "\n";
  write("c/runs.jsonl", half + lines[7].substr(0, 20));  // cut off by a crash
  EXPECT_EQ(without_seconds(json(with(changed(kQuick, "--threads", "1"), {"--out", "c"}))), whole);
  EXPECT_EQ(lines_of(contents(path("c") / "runs.jsonl")).size(), 15u);

  // Nothing is left to do; more seeds come to those that are there.
  EXPECT_EQ(without_seconds(json(with(kQuick, {"--out", "c"}))), whole);
  EXPECT_EQ(json(with(changed(kQuick, "--seeds", "3"), {"--out", "c"}))["seeds"], 3);
  EXPECT_EQ(lines_of(contents(path("c") / "runs.jsonl")).size(), 18u);

  const Outcome other = run(with(changed(kQuick, "--epochs", "3"), {"--out", "c"}));
  EXPECT_EQ(other.code, 2);
  EXPECT_NE(other.err.find("a different `epochs`"), std::string::npos) << other.err;
  write("c/runs.jsonl", half + "{}\n");
  EXPECT_EQ(run(with(kQuick, {"--out", "c"})).code, 3);
}

TEST_F(Tool, CompareCallsOptimizersByTheirNames) {
  const Arguments named =
      with(changed(kQuick, "--optimizers", "plain = sgd; my adam = adam(lr=1e-3)"), {"--out", "c"});
  const Json result = json(named);
  std::map<std::string, std::string> optimizers;
  for (const Json& o : result["optimizers"]) optimizers[o["name"]] = o["optimizer"];
  EXPECT_EQ(optimizers, (std::map<std::string, std::string>{{"plain", "sgd"}, {"my adam", "adam(lr=1e-3)"}}));
  EXPECT_EQ(result["headline"].get<std::string>().find(result["optimizers"][0]["name"]), 0u);
  EXPECT_TRUE(optimizers.contains(result["pairs"][0]["first"].get<std::string>())) << result["pairs"];
  for (const std::string& line : lines_of(contents(path("c") / "runs.jsonl"))) {
    const Json run = Json::parse(line);
    EXPECT_EQ(optimizers.at(run["name"]), run["optimizer"].get<std::string>());
  }
  EXPECT_NE(contents(path("c") / "report.html").find("data-name=\"my adam\""), std::string::npos);
  const Outcome again = run(with(changed(kQuick, "--optimizers", "sgd; adam(lr=1e-3)"), {"--out", "c"}));
  EXPECT_EQ(again.code, 0) << again.err;  // the runs are those of the chains
  EXPECT_NE(again.err.find("10 of 10 runs are already finished"), std::string::npos) << again.err;
  EXPECT_EQ(Json::parse(again.out)["optimizers"][0]["name"], result["optimizers"][0]["optimizer"]);
}

TEST_F(Tool, CompareSaysThatR2IsNotDefined) {
  std::string table = "a,b,y\n";
  for (int i = 0; i < 60; ++i) {
    const int a = i % 7, b = i * 37 % 11;
    table += std::to_string(a) + "," + std::to_string(b) + "," + std::to_string(2 * a - b) + "\n";
  }
  write("r.csv", table);
  write("one.csv", "a,b,y\n3,4,2\n");
  write("same.csv", "a,b,y\n3,4,2\n5,8,2\n");
  for (const std::string held_out : {"one.csv", "same.csv"}) {
    const Json result = json({"compare", "--data", "csv(r.csv, target=y, test=" + held_out + ")",
                              "--optimizers", "sgd; adam", "--seeds", "2", "--rates", "3", "--tuning-seeds",
                              "1", "--epochs", "3", "--quiet", "--json", "--out", "c-" + held_out});
    EXPECT_EQ(result["measure"], "loss");
    EXPECT_NE(result["headline"].get<std::string>().find("loss "), std::string::npos) << result["headline"];
    EXPECT_NE(result["doubt"].get<std::string>().find("R2 is not defined"), std::string::npos);
    for (const Json& o : result["optimizers"]) {
      EXPECT_EQ(o["diverged"], 0);
      EXPECT_TRUE(o["score"]["median"].is_null());
      EXPECT_TRUE(o["loss"]["median"].is_number());
    }
    EXPECT_LE(result["optimizers"][0]["loss"]["median"], result["optimizers"][1]["loss"]["median"]);
  }
}

TEST_F(Tool, CompareJudgesByAMetric) {
  const auto compared = [&](const std::string& metric) {
    return json({"compare", "--optimizers", "sgd(lr=0.1); adam(lr=1e-4)", "--rates", "1", "--seeds", "3",
                 "--epochs", "2", "--model", "dense(10)", "--quiet", "--json", "--monitor", metric, "--out",
                 "c-" + metric});
  };
  for (const std::string metric : {"balanced_accuracy", "auc", "log_loss", "loss"}) {
    const Json result = compared(metric);
    EXPECT_EQ(result["measure"], metric);
    const Json& best = result["optimizers"][0];
    const Json& other = result["optimizers"][1];
    const auto median = [&](const Json& o) {
      return metric == "loss" ? o["loss"]["median"].get<double>() : o["score"]["median"].get<double>();
    };
    EXPECT_EQ(best["metrics"][metric]["median"], median(best)) << metric;
    const bool higher = metric == "auc" || metric == "balanced_accuracy";
    EXPECT_TRUE(higher ? median(best) > median(other) : median(best) < median(other)) << metric;
    EXPECT_GE(other["behind"], 0) << metric;
    EXPECT_EQ(result["doubt"].get<std::string>().find("is not defined"), std::string::npos) << metric;
    EXPECT_EQ(compared(metric), result) << "from the folder";
  }
  EXPECT_NE(contents(path("c-auc/report.html")).find("All metrics"), std::string::npos);
}

struct Refusal {
  Arguments arguments;
  std::vector<std::string> says;
};

const std::vector<Refusal> kRefused = {
    {{}, {"--optimizers is required"}},
    {{"--optimizers", "adam"}, {"nothing to compare"}},
    {{"--optimizers", "adam; adam"}, {"the same one twice"}},
    {{"--optimizers", "adam; sdg"}, {"`sdg`", "sgd"}},
    {{"--optimizers", "adam; sgd", "--rates", "1"}, {"an optimizer with a rate"}},
    {{"--optimizers", "adam; sgd", "--seeds", "0"}, {"--seeds"}},
    {{"--optimizers", "adam; sgd", "--seeds", "201"}, {"seeds", "200"}},
    {{"--optimizers", "adam; sgd", "--target-accuracy", "97"}, {"target-accuracy", "0 to 1"}},
    {{"--optimizers", "adam; sgd", "--monitor", "rmse"}, {"rmse", "balanced_accuracy"}},
    {{"--optimizers", "adam; sgd", "--monitor", "auc", "--target-accuracy", "0.9"}, {"--monitor accuracy"}},
    {{"--optimizers", "adam; sgd", "--data", "digit"}, {"`digit`"}},
    {{"--optimizers", "adam; sgd(lr=0.1, on=bias)"}, {"on"}},
    {{"--optimizers", "adam; sgd", "--data", "digits", "--data", "digit"}, {"`digit`"}},
    {{"--optimizers", "adam", "--optimizers", "adam"}, {"the same one twice"}},
    {{"--optimizers", "adam; sgd", "--data", "digits; digits", "--html", "x.html"}, {"--html", "--out"}},
    {{"--optimizers", "adam; sgd", "--seeds", "2", "--seeds", "3"}, {"--seeds: given more than once"}},
};

TEST_F(Tool, CompareRefusesWhatCannotBeMeant) {
  for (const Refusal& refusal : kRefused) {
    SCOPED_TRACE(testing::PrintToString(refusal.arguments));
    const Outcome outcome = run(with({"compare"}, refusal.arguments));
    EXPECT_EQ(outcome.code, 2);
    EXPECT_EQ(outcome.out, "");
    EXPECT_TRUE(is_message(outcome.err)) << outcome.err;
    for (const std::string& part : refusal.says)
      EXPECT_NE(outcome.err.find(part), std::string::npos) << part << " in " << outcome.err;
  }
  EXPECT_TRUE(snapshot(path("")).empty());  // nothing was written
}

TEST_F(Tool, SchedulesAreDrawnOverEachOther) {
  const std::string two = "cosine(1e-3, total=100, warmup=10); cyclic(1e-3, total=100, cycles=2)";
  const Json values =
      json({"schedule", two, "--svg", "s.svg", "--html", "s.html", "--points", "0,50", "--json"});
  ASSERT_EQ(values["schedules"].size(), 2u);
  EXPECT_EQ(values["schedules"][1]["points"], Json::parse("[[0, 0.001], [50, 0.001]]"));
  EXPECT_NE(contents(path("s.svg")).find("restart at 50"), std::string::npos);
  EXPECT_NE(contents(path("s.html")).find("warm-up ends at 10"), std::string::npos);
  EXPECT_EQ(run({"schedule", "cosine(1)", "--svg", "t.svg"}).code, 2);
  EXPECT_FALSE(fs::exists(path("t.svg")));
  EXPECT_EQ(run({"schedule", "0.1", "--svg", "missing/t.svg"}).code, 4);
}

const Arguments kStudy = {"compare",
                          "--optimizers",
                          "sgd(lr=0.1); adam(lr=1e-3); adam(lr=1e-6)",
                          "--seeds",
                          "1",
                          "--rates",
                          "1",
                          "--epochs",
                          "1",
                          "--model",
                          "dense(10)",
                          "--quiet"};

TEST_F(Tool, CompareRanksOverDataSetsAndFolds) {
  const Json sets =
      json(with(kStudy, {"--data", "digits", "--data", "digits | shift(1)", "--out", "s", "--json"}));
  EXPECT_EQ(keys(sets),
            (std::set<std::string>{"schema", "headline", "over", "folds", "blocks", "measures", "chi_square",
                                   "degrees_of_freedom", "p", "f", "f_degrees_of_freedom", "f_p", "level",
                                   "critical_difference", "optimizers"}));
  EXPECT_EQ(sets["over"], "data sets");
  EXPECT_EQ(sets["blocks"], (Json{"digits", "digits | shift(1)"}));
  EXPECT_EQ(sets["optimizers"][2]["optimizer"], "adam(lr=1e-6)");
  EXPECT_EQ(sets["optimizers"][2]["mean_rank"], 3);
  EXPECT_TRUE(fs::exists(path("s/data-2/report.html")));
  EXPECT_NE(contents(path("s/report.html")).find("href=\"data-2/report.html\""), std::string::npos);
  EXPECT_EQ(Json::parse(contents(path("s/study.json"))), sets);
  const Outcome again = run(with(kStudy, {"--data", "digits; digits | shift(1)", "--out", "s"}));
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_NE(again.err.find("3 of 3 runs are already finished"), std::string::npos) << again.err;
  EXPECT_NE(again.out.find("Friedman's test: chi-square"), std::string::npos) << again.out;
  EXPECT_NE(again.out.find("page  " + path("s/report.html").string()), std::string::npos) << again.out;
  const Json folds = json(with(kStudy, {"--folds", "3", "--out", "f", "--json"}));
  EXPECT_EQ(folds["over"], "folds");
  EXPECT_EQ(folds["blocks"], (Json{"fold 1", "fold 2", "fold 3"}));
  const Json second = json(with(kStudy, {"--held-out", "2/3", "--out", "second", "--json"}));
  EXPECT_EQ(contents(path("second/settings.json")), contents(path("f/data-1-fold-2/settings.json")));
  for (const Json& o : folds["optimizers"]) {
    for (const Json& other : second["optimizers"]) {
      if (o["optimizer"] == other["optimizer"]) {
        EXPECT_EQ(o["scores"][1], other["score"]["median"]);
      }
    }
  }
  EXPECT_EQ(run(with(kStudy, {"--folds", "3", "--held-out", "0.2"})).code, 2);
  EXPECT_EQ(run(with(kStudy, {"--held-out", "0.3", "--out", "second"})).code, 2) << "another split";
}

}  // namespace
}  // namespace thalweg
