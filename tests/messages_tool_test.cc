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

TEST_F(Tool, HelpExplainsACommandToo) {
  for (const char* command : {"train", "eval", "help"})
    EXPECT_EQ(run({"help", command}).out, run({command, "--help"}).out) << command;
}

TEST_F(Tool, ASwitchTakesNoValue) {
  const Outcome outcome = run({"train", "--dry-run=1", "--epochs", "1", "--out", "r"});
  EXPECT_EQ(outcome.code, 2) << outcome.err;
  EXPECT_NE(outcome.err.find("--dry-run takes no value"), std::string::npos) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(path("r")));
}

TEST_F(Tool, AHintOnAnOptionByPositionCanBeFollowed) {
  for (const char* rule : {"average(0.9)", "normalize(0.5)", "trust_ratio(0.1)", "adam(0.1)"}) {
    const std::string error = run({"explain", std::string(rule) + " | lr(1)"}).err;
    const std::size_t begin = error.find("write `") + 7;
    ASSERT_NE(error.find("write `"), std::string::npos) << error;
    const std::string written = error.substr(begin, error.find('`', begin) - begin);
    EXPECT_EQ(run({"explain", written, "--params", "w:3"}).err.find("no such option"), std::string::npos)
        << written;
  }
}

// The data set gives adam a square that no float holds.
TEST_F(Tool, AnUpdateThatOverflowsIsTold) {
  std::string table = "a,t\n";
  for (int i = 0; i < 40; ++i)
    table += (i == 25 ? "1e12" : std::to_string(i % 3 + 1)) + ",0." + std::to_string(i % 7) + "\n";
  write("big.csv", table);
  const Arguments train = {"train",
                           "--data",
                           "csv(big.csv, target=t, scale=none)",
                           "--model",
                           "dense(1)",
                           "--optimizer",
                           "adam(lr=0.05)",
                           "--batch",
                           "1",
                           "--epochs",
                           "30",
                           "--threads",
                           "1"};
  const auto with = [&](const Arguments& more) {
    Arguments all = train;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  const Outcome told = run(with({"--out", "a"}));
  EXPECT_NE(told.err.find("its result is beyond the type in `"), std::string::npos) << told.err;
  EXPECT_NE(told.err.find("`nonfinite=skip` leaves such updates out"), std::string::npos) << told.err;
  EXPECT_EQ(run(with({"--out", "b", "--nonfinite", "error"})).code, 5);
}

// A held-out part of classes that nobody has trained on has no loss, which is no divergence.
TEST_F(Tool, ATestFileOfOtherClassesIsAllWrong) {
  write("known.csv", "x,c\n0.1,p\n0.2,q\n0.3,p\n0.4,q\n0.5,p\n0.6,q\n0.7,p\n0.8,q\n");
  write("unknown.csv", "x,c\n0.1,z\n0.2,z\n");
  const Outcome outcome = run({"train", "--data", "csv(known.csv, test=unknown.csv)", "--epochs", "2",
                               "--out", "r", "--threads", "1"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("0.00 % right, loss undefined"), std::string::npos) << outcome.out;
}

TEST_F(Tool, CompareFitsTrialsOfOneUpdate) {
  const Outcome outcome = run({"compare", "--optimizers", "adamw; sgd", "--batch", "full", "--epochs", "1",
                               "--seeds", "2", "--rates", "2", "--model", "dense(10)", "--out", "c"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
}

TEST_F(Tool, AFormulaMayBeginWithASign) {
  const Json descent =
      json({"descend", "--steps", "1", "--optimizer", "gd(lr=0.25)", "--start", "1", "--json", "--", "-x^2"});
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
