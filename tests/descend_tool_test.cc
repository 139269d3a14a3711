// thalweg descend as its users meet it.
#include "tool_case.h"

namespace thalweg {
namespace {

TEST_F(Tool, DescendPrintsAShortTable) {
  const Outcome outcome = run({"descend", "rosenbrock", "--optimizer", "adam(lr=0.05)", "--steps", "200"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  const std::vector<std::string> lines = lines_of(outcome.out);
  ASSERT_EQ(lines.size(), 24u);  // what, with what, head, 21 rows
  EXPECT_EQ(lines[0], "rosenbrock, minimum 0");
  EXPECT_EQ(lines[1], "adam | lr(0.05)");
  for (const char* column : {"update", "loss", "distance", "lr", " x", " y"}) {
    EXPECT_NE(lines[2].find(column), std::string::npos) << column;
  }
  for (const char* number : {" 0 ", " 24.2 ", " -1.2"}) EXPECT_NE(lines[3].find(number), std::string::npos);
  EXPECT_NE(lines[23].find(" 200 "), std::string::npos);
  EXPECT_EQ(lines_of(run({"descend", "booth", "--steps", "1"}).out).size(), 5u);
}

// As many columns as coordinates, each under its name.
TEST_F(Tool, DescendNamesItsCoordinates) {
  const auto columns = [&](const std::string& problem) {
    std::string head = lines_of(run({"descend", problem, "--steps", "1"}).out)[2];
    head.erase(0, head.find(" lr ") + 4);
    return head.substr(head.find_first_not_of(' '));
  };
  EXPECT_EQ(columns("rosenbrock"), "x          y");
  EXPECT_EQ(columns("sparse_test"), "x1         x2         x3         x4");
  EXPECT_EQ(columns("linear_regression"), "a          b");
  EXPECT_TRUE(columns("sphere(5)").ends_with("x4  ..."));
  EXPECT_NE(run({"descend", "eggholder", "--steps", "1"}).out.find("minimum -959.641\n"), std::string::npos);
}

TEST_F(Tool, DescendRecordsItsWayAsJson) {
  const Json way = json({"descend", "quadratic(100)", "--optimizer", "lr(linear(0.01))", "--steps", "4",
                         "--start", "-1 2", "--json"});
  EXPECT_EQ(keys(way),
            (std::set<std::string>{"schema", "problem", "optimizer", "dimension", "updates", "minima",
                                   "minimum", "loss", "distance", "path", "losses", "distances", "rates"}));
  EXPECT_EQ(way["schema"], 1);
  EXPECT_EQ(way["problem"], "quadratic(100)");
  EXPECT_EQ(way["optimizer"], "lr(linear(0.01, total=4))");
  EXPECT_EQ(way["dimension"], 2);
  EXPECT_EQ(way["updates"], 4);
  EXPECT_EQ(way["minima"], Json::parse("[[0, 0]]"));
  EXPECT_EQ(way["minimum"], 0);
  EXPECT_EQ(way["rates"], Json::parse("[0.01, 0.0075, 0.005, 0.0025]"));
  ASSERT_EQ(way["path"].size(), 5u);
  EXPECT_EQ(way["path"][0], Json::parse("[-1, 2]"));
  EXPECT_EQ(way["path"][1], Json::parse("[-0.99, 0]"));
  ASSERT_EQ(way["losses"].size(), 5u);
  EXPECT_EQ(way["losses"][0], 200.5);
  EXPECT_EQ(way["losses"][4], way["loss"]);
  ASSERT_EQ(way["distances"].size(), 5u);
  EXPECT_EQ(way["distances"][4], way["distance"]);
}

TEST_F(Tool, DescendTakesItsNoiseFromTheSeed) {
  const auto path = [&](const std::string& noise, const std::string& seed) {
    return json({"descend", "booth", "--steps", "3", "--noise", noise, "--seed", seed, "--json"})["path"];
  };
  EXPECT_EQ(path("0", "1"), path("0", "2"));
  EXPECT_EQ(path("1", "2"), path("1", "2"));
  EXPECT_NE(path("1", "1"), path("1", "2"));
}

struct Refusal {
  Arguments arguments;  // behind `descend`
  int code;
  std::vector<std::string> says;
};

const std::vector<Refusal> kRefused = {
    {{}, 2, {"problem is required"}},
    {{"rosenbrok"}, 2, {"`rosenbrok`", "did you mean `rosenbrock`?", "\n  rosenbrok\n  ^"}},
    {{"quadratic(condition=0)"}, 2, {"`condition`", "`0`"}},
    {{"sphere(1001)"}, 2, {"`dimension`", "1000"}},
    {{"booth", "--start", "1 2 3"}, 2, {"--start", "`1 2 3`", "2 numbers for `booth`"}},
    {{"booth", "--start", " "}, 2, {"--start", "2 numbers"}},
    {{"booth", "--start", "1,x"}, 2, {"--start", "`x`"}},
    {{"booth", "--optimizer", "adam"}, 2, {"lr(1e-3)"}},
    {{"booth", "--optimizer", "adm(lr=1)"}, 2, {"did you mean `adam`?"}},
    {{"booth", "--optimizer", "adam(lr=linear(0.1, warmup=2ep))"}, 2, {"`warmup`"}},
    {{"booth", "--steps", "0"}, 2, {"--steps", "`0`"}},
    {{"booth", "--steps", "99999999999"}, 2, {"too many updates"}},
    {{"booth", "--noise", "x"}, 2, {"--noise", "`x`"}},
    {{"booth", "--noise", "-1"}, 2, {"noise", "-1"}},
    {{"booth", "--seed", "-1"}, 2, {"--seed", "`-1`"}},
    {{"booth", "--step", "3"}, 2, {"did you mean `--steps`?"}},
    {{"rosenbrock", "--optimizer", "lr(1)"}, 5, {"update 4", "the loss is not finite", "smaller"}},
    {{"rosenbrock", "--optimizer", "lr(1)", "--json"}, 5, {"the loss is not finite"}},
};

TEST_F(Tool, DescendRefusesWhatCannotBeMeant) {
  for (const Refusal& refusal : kRefused) {
    SCOPED_TRACE(testing::PrintToString(refusal.arguments));
    Arguments arguments = {"descend"};
    arguments.insert(arguments.end(), refusal.arguments.begin(), refusal.arguments.end());
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, refusal.code);
    EXPECT_EQ(outcome.out, "");
    EXPECT_TRUE(is_message(outcome.err)) << outcome.err;
    for (const std::string& part : refusal.says) {
      EXPECT_NE(outcome.err.find(part), std::string::npos) << part << " in " << outcome.err;
    }
  }
}

TEST_F(Tool, ProblemsAreListedAndExplained) {
  const Json problems = json({"list", "problems", "--json"})["problems"];
  EXPECT_GE(problems.size(), 17u);
  for (const Json& problem : problems) {
    const std::string name = problem["name"];
    EXPECT_EQ(run({"descend", name, "--steps", "1", "--optimizer", "lr(1e-6)"}).code, 0) << name;
    EXPECT_EQ(run({"help", name}).code, 0) << name;
  }
}

}  // namespace
}  // namespace thalweg
