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

// The cells of a line without quotes.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> out = {""};
  for (const char c : line)
    c == ',' ? static_cast<void>(out.emplace_back()) : static_cast<void>(out.back() += c);
  return out;
}

// One table in three languages, and the curves of all runs.
TEST_F(Tool, CompareWritesTablesAndCurves) {
  const Arguments compared = {"compare",
                              "--optimizers",
                              "own_one = sgd(lr=0.1); adam(lr=0.01)",
                              "--rates",
                              "1",
                              "--seeds",
                              "3",
                              "--epochs",
                              "2",
                              "--model",
                              "dense(10)",
                              "--quiet",
                              "--out",
                              "c"};
  const auto printed = [&](const std::string& format) {
    return lines_of(run(with(compared, {"--format", format})).out);
  };
  const Json result = json(with(compared, {"--json"}));
  const Json& best = result["optimizers"][0];
  const double median = best["score"]["median"];
  const std::vector<std::string> csv = printed("csv"), markdown = printed("markdown"),
                                 latex = printed("latex");
  ASSERT_EQ(csv.size(), 3u);
  EXPECT_EQ(csv[0], "optimizer,chain,rate,accuracy,low,high,loss,rank,p");
  std::vector<std::string> cells = cells_of(csv[1]);
  ASSERT_GE(cells.size(), 9u);
  EXPECT_EQ(std::stod(cells[3]), median);
  EXPECT_EQ(std::stod(cells[4]), best["score"]["low"].get<double>());
  EXPECT_EQ(markdown[0], "| optimizer | rate | accuracy, % | loss | rank | p |");
  EXPECT_EQ(markdown[1], "|---|--:|--:|--:|--:|--:|");
  char percent[16];
  std::snprintf(percent, sizeof percent, "%.2f (", 100 * median);
  EXPECT_NE(markdown[2].find(percent), std::string::npos) << markdown[2];
  EXPECT_EQ(latex[1], "\\begin{tabular}{lrrrrr}");
  EXPECT_EQ(latex.back(), "\\end{tabular}");
  EXPECT_NE(latex[3].find("accuracy, \\%"), std::string::npos);
  EXPECT_NE((latex[5] + latex[6]).find("own\\_one"), std::string::npos);
  EXPECT_EQ(run(with(compared, {"--format", "csv", "--json"})).code, 2);

  const Outcome curves = run({"export", "c", "--format", "csv", "--out", "-"});
  EXPECT_EQ(curves.code, 0) << curves.err;
  const std::vector<std::string> rows = lines_of(curves.out);
  ASSERT_EQ(rows.size(), 1u + 2 * 3 * 2);  // optimizers, seeds, epochs
  EXPECT_EQ(rows[0], "data,fold,name,optimizer,tuning,rate,seed,diverged,epoch,update,seconds,loss,score");
  std::vector<double> last;  // of the best one, seed by seed
  for (const std::string& row : rows) {
    cells = cells_of(row);
    if (cells[2] == best["name"].get<std::string>() && cells[8] == "2") last.push_back(std::stod(cells[12]));
  }
  ASSERT_EQ(last.size(), 3u);
  std::ranges::sort(last);
  EXPECT_EQ(last[1], median);
  const Outcome model = run({"export", "c"});
  EXPECT_EQ(model.code, 2);
  EXPECT_NE(model.err.find("a comparison keeps no weights"), std::string::npos) << model.err;
  const std::string page = contents(path("c/report.html"));
  EXPECT_NE(page.find("How this page was made"), std::string::npos);
  EXPECT_NE(page.find("thalweg compare <span class=\"whole\">--optimizers</span>"), std::string::npos);
}

// Over several data sets the columns are called by their files.
TEST_F(Tool, AStudyIsATableToo) {
  std::string table = "a,b,y\n";
  for (int i = 0; i < 40; ++i)
    table += std::to_string(i % 7) + "," + std::to_string(i * 37 % 11) + "," +
             std::to_string(i % 7 - i * 37 % 11) + ".5\n";
  write("red.csv", table);
  write("blue.csv", table);
  const Arguments studied = {"compare",
                             "--optimizers",
                             "sgd(lr=0.1); adam(lr=0.01)",
                             "--rates",
                             "1",
                             "--seeds",
                             "2",
                             "--epochs",
                             "2",
                             "--model",
                             "dense(1)",
                             "--quiet",
                             "--out",
                             "s",
                             "--data",
                             "csv(red.csv); csv(blue.csv)"};
  const Outcome markdown = run(with(studied, {"--format", "markdown"}));
  ASSERT_EQ(markdown.code, 0) << markdown.err;
  EXPECT_EQ(lines_of(markdown.out)[0], "| optimizer | mean rank | p | red, R2 | blue, R2 |");
  const std::vector<std::string> csv = lines_of(run(with(studied, {"--format", "csv"})).out);
  ASSERT_EQ(csv.size(), 5u);
  EXPECT_EQ(csv[0], "optimizer,mean_rank,p,data,measure,score,low,high,deviation,rank");
  EXPECT_EQ(cells_of(csv[1])[3], "red");
  const std::vector<std::string> rows = lines_of(run({"export", "s", "--format", "csv", "--out", "-"}).out);
  EXPECT_EQ(rows.size(), 1u + 2 * 2 * 2 * 2);  // data sets, optimizers, seeds, epochs
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

// The printed values end where the run does, and jumps between even points are told.
TEST_F(Tool, SchedulesArePrintedToTheEndOfTheRun) {
  const auto last = [&](const Arguments& arguments) {
    return lines_of(run(with({"schedule"}, arguments)).out).back();
  };
  EXPECT_EQ(last({"exponential(0.1, gamma=0.9)", "--total", "20"}),
            "        20  0.0121576655");  // 0.1 * 0.9^20
  EXPECT_EQ(last({"exponential(0.1, gamma=0.9)"}).substr(0, 10), "       100");
  EXPECT_EQ(last({"cyclic(0.1, period=10%, mult=2, gamma=0.8)", "--total", "1000"}).substr(0, 10),
            "      1000");
  EXPECT_EQ(last({"linear(1, total=50)", "--total", "80"}), "        80  0");
  EXPECT_EQ(last({"linear(1, total=50)"}), "        50  0");
  const std::string out = run({"schedule", "cyclic(1, period=10, mult=2)"}).out;
  for (const char* row :
       {"        10  1  restart, 0.0244717419 before\n", "        30  1  restart", "        70  1  restart"})
    EXPECT_NE(out.find(row), std::string::npos) << row;
  EXPECT_EQ(json({"schedule", "cyclic(1, period=10)", "--total", "20", "--json"})["points"].size(), 11u);
}

TEST_F(Tool, SchedulesAreDrawnOverEachOther) {
  const std::string two = "cosine(1e-3, total=100, warmup=10); cyclic(1e-3, total=100, cycles=2)";
  const Json values =
      json({"schedule", two, "--svg", "s.svg", "--html", "s.html", "--points", "0,50", "--json"});
  ASSERT_EQ(values["schedules"].size(), 2u);
  EXPECT_EQ(values["schedules"][1]["points"], Json::parse("[[0, 0.001], [50, 0.001]]"));
  EXPECT_NE(contents(path("s.svg")).find("restart at 50"), std::string::npos);
  EXPECT_NE(contents(path("s.html")).find("warm-up ends at 10"), std::string::npos);
  EXPECT_NE(contents(path("s.html")).find("thalweg schedule &quot;cosine"), std::string::npos);
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
