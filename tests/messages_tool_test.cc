// What the tool says besides results: errors as JSON, the overview, a dry run.
#include "tool_case.h"

namespace thalweg {
namespace {

// The last line of stderr is one object, and the exit code the same.
TEST_F(Tool, ErrorsAreObjectsWhereResultsAre) {
  const std::tuple<Arguments, int, const char*> cases[] = {
      {{"train", "--data", "csv(missing.csv)"}, 3, "data"},
      {{"train", "--optimizer", "adm(lr=1)"}, 2, "usage"},
      {{"train", "--optimizer", "gd(lr=1e30)", "--epochs", "2", "--out", "far"}, 5, "diverged"},
      {{"train", "--batc", "3"}, 2, "usage"},
      {{"eval", "missing"}, 3, "data"},
      {{"explain", "adam"}, 2, "usage"},
      {{"schedule", "cosine(1)"}, 2, "usage"},
      {{"descend", "nowhere"}, 2, "usage"},
      {{"doctor", "missing"}, 3, "data"},
      {{"list", "foo"}, 2, "usage"},
      {{"split", "digit"}, 2, "usage"},
      {{"verify", "missing"}, 3, "data"},
  };
  for (const auto& [arguments, code, kind] : cases) {
    Arguments with = arguments;
    with.emplace_back("--json");
    const Outcome outcome = run(with), plain = run(arguments);
    EXPECT_EQ(outcome.code, code) << testing::PrintToString(with) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    ASSERT_FALSE(outcome.err.empty());
    const Json json = Json::parse(lines_of(outcome.err).back(), nullptr, false);
    ASSERT_TRUE(json.is_object()) << outcome.err;
    EXPECT_EQ(json["error"]["code"], code);
    EXPECT_EQ(json["error"]["kind"], kind);
    if (arguments.back() == "far") continue;
    EXPECT_EQ(json["error"]["message"].get<std::string>() + "\n", plain.err);
  }
}

TEST_F(Tool, HelpAloneIsTheOverview) {
  const Outcome outcome = run({"help"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, run({"--help"}).out);
  EXPECT_EQ(outcome.err, "");
}

TEST_F(Tool, AFormulaMayBeginWithASign) {
  const Json descent = json(
      {"descend", "--steps", "1", "--optimizer", "gd(lr=0.25)", "--start", "1 1", "--json", "--", "-x^2"});
  EXPECT_EQ(descent["losses"], Json({-1, -2.25}));
}

TEST_F(Tool, ADryRunIsAnObject) {
  const Json plan = json({"train", "--dry-run", "--json", "--epochs", "2", "--batch", "64"});
  EXPECT_EQ(plan["updates"], 46);
  EXPECT_EQ(plan["data"]["source"], "digits");
  EXPECT_TRUE(plan["plan"].is_object());
}

}  // namespace
}  // namespace thalweg
