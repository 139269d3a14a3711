// thalweg landscape as its users meet it.
#include "tool_case.h"

namespace thalweg {
namespace {

TEST_F(Tool, LandscapeWritesAPage) {
  const Outcome outcome = run({"landscape", "rosenbrock", "--steps", "20"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "wrote landscape.html\n");
  EXPECT_NE(contents(path("landscape.html")).find("adam(lr=0.05)"), std::string::npos);
  EXPECT_EQ(run({"landscape", "himmelblau", "--svg", "still.svg"}).code, 0);
  EXPECT_LT(contents(path("still.svg")).size(), 100'000u);
}

TEST_F(Tool, LandscapeOfAFormulaIsThatOfTheProblem) {
  const Arguments more = {"--paths",   "gd(lr=1e-3)", "--steps", "20",    "--range",
                          "-2 2 -1 3", "--points",    "7",       "--json"};
  Arguments written = {"landscape", "(1-x)^2 + 100*(y-x^2)^2"}, listed = {"landscape", "rosenbrock"};
  written.insert(written.end(), more.begin(), more.end());
  listed.insert(listed.end(), more.begin(), more.end());
  const Json a = json(written), b = json(listed);
  EXPECT_EQ(keys(a), keys(b));
  ASSERT_EQ(a["values"].size(), 49u);
  for (std::size_t i = 0; i < 49; ++i) EXPECT_NEAR(a["values"][i], b["values"][i], 1e-9);
  ASSERT_EQ(a["paths"][0]["points"].size(), 21u);
  for (std::size_t k = 0; k < 21; ++k) {
    EXPECT_NEAR(a["paths"][0]["points"][k][0], b["paths"][0]["points"][k][0], 1e-12);
  }
  EXPECT_TRUE(a["least"].is_null());
  EXPECT_EQ(b["minima"], Json::parse("[[1, 1]]"));
}

TEST_F(Tool, LandscapeShowsBatchesBesideEachOther) {
  const Json data = json({"landscape", "linear_regression", "--paths", "sgd(lr=0.1); adam(lr=0.1)", "--batch",
                          "1,full", "--points", "3", "--json"});
  ASSERT_EQ(data["paths"].size(), 4u);
  EXPECT_EQ(data["paths"][0]["name"], "sgd(lr=0.1), batch 1");
  EXPECT_EQ(data["paths"][3]["name"], "adam(lr=0.1), full batch");
}

TEST_F(Tool, LandscapeOfARunIsWrittenIntoIt) {
  train("run", {"--model", "dense(10)", "--epochs", "2", "--batch", "256", "--checkpoint-every", "1ep"});
  const auto before = snapshot(path("run"));
  const Outcome outcome = run({"landscape", "run", "--points", "5", "--samples", "100"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "wrote run/landscape.html\n");
  EXPECT_EQ(differences(before, snapshot(path("run"))), std::vector<std::string>{"landscape.html"});
  const Json plane = json({"landscape", "run", "--plane", "--points", "3", "--json"});
  EXPECT_EQ(plane["paths"][0]["updates"], Json::parse("[0, 6, 12]"));
}

struct Refusal {
  Arguments arguments;  // behind `landscape`
  int code;
  std::vector<std::string> says;
};

const std::vector<Refusal> kRefused = {
    {{}, 2, {"what is required"}},
    {{"rosenbrok"}, 2, {"did you mean `rosenbrock`?"}},
    {{"x +* y"}, 2, {"column 4", "`*`"}},
    {{"colville"}, 2, {"one or two numbers", "colville"}},
    {{"booth", "--range", "1 2 3"}, 2, {"--range", "not four numbers"}},
    {{"booth", "--range", "1 1 2 3"}, 2, {"the range is empty"}},
    {{"booth", "--range", "1 x 2 3"}, 2, {"--range", "`x`"}},
    {{"booth", "--start", "1"}, 2, {"--start", "2 numbers"}},
    {{"booth", "--batch", "4"}, 2, {"without samples", "linear_regression"}},
    {{"booth", "--batch", "4,"}, 2, {"--batch", "``"}},
    {{"booth", "--paths", "gd(lr=1);"}, 2, {"paths"}},
    {{"booth", "--paths", "adm(lr=1)"}, 2, {"did you mean `adam`?"}},
    {{"booth", "--points", "1"}, 2, {"--points"}},
    {{"booth", "--plane"}, 2, {"--plane", "only for a run"}},
    {{"booth", "--batch", "1,2,3,4,5,6,7,8,9,10,11,12,13", "--noise", "1", "--paths", "gd(lr=0.01)"},
     2,
     {"at most 12"}},
    {{"log(x)", "--start", "-1"}, 5, {"the loss is not finite"}},
    {{"booth", "--svg", "no/such/folder.svg"}, 4, {"no/such"}},
    {{"."}, 3, {"config.toml"}},
};

TEST_F(Tool, LandscapeRefusesWhatCannotBeMeant) {
  for (const Refusal& refusal : kRefused) {
    SCOPED_TRACE(testing::PrintToString(refusal.arguments));
    Arguments arguments = {"landscape"};
    arguments.insert(arguments.end(), refusal.arguments.begin(), refusal.arguments.end());
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, refusal.code);
    EXPECT_EQ(outcome.out, "");
    for (const std::string& part : refusal.says) {
      EXPECT_NE(outcome.err.find(part), std::string::npos) << part << " in " << outcome.err;
    }
  }
  EXPECT_FALSE(fs::exists(path("landscape.html")));
}

}  // namespace
}  // namespace thalweg
