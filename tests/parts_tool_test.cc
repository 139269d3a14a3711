// The parts of data and the weights of classes, as a user of the tool sees them.
#include "tool_case.h"

namespace thalweg {
namespace {

class PartsTool : public Tool {};

TEST_F(PartsTool, AreShownBySplitAndEval) {
  const Outcome split = run({"split", "digits", "--held-out", "0.2", "--test", "0.1"});
  EXPECT_NE(split.out.find("train      1259 rows\nheld out   359 rows\ntest       179 rows\n"),
            std::string::npos)
      << split.out;
  const Json rows = Json::parse(run({"split", "digits", "--test", "100", "--json"}).out);
  EXPECT_EQ(rows["held_out"].size(), 359u);
  EXPECT_EQ(rows["test"].size(), 100u);
  const Json result = train("a", {"--epochs", "1", "--test", "0.1", "--class-weights", "balanced"});
  const auto judged = [&](const Arguments& more) {
    Arguments all = {"eval", "a", "--json"};
    all.insert(all.end(), more.begin(), more.end());
    return Json::parse(run(all).out);
  };
  EXPECT_EQ(judged({})["judged"], "test");
  EXPECT_EQ(judged({})["loss"], result["test"]["loss"]);
  EXPECT_EQ(judged({"--part", "held-out"})["loss"], result["held_out"]["loss"]);
  EXPECT_EQ(judged({"--part", "train"})["judged"], "training");
  const Outcome plain = run({"eval", "a"});
  EXPECT_TRUE(plain.out.starts_with("test       ")) << plain.out;
  EXPECT_NE(contents(path("a/report.html")).find("of test examples classified correctly"), std::string::npos);
  const std::string predictions = run({"predict", "a", "--part", "test"}).out;
  EXPECT_EQ(std::ranges::count(predictions, '\n'), 180);
  refused({"eval", "a", "--part", "rest"}, 2, {"--part"});
  refused({"predict", "a", "--part", "test", "--data", "digits"}, 2, {"--data"});
}

TEST_F(PartsTool, ThatDoNotFitAreRefused) {
  refused({"train", "--held-out", "0.5", "--test", "0.5"}, 2, {"nothing is left to train on"});
  refused({"train", "--held-out", "x"}, 2, {"--held-out: not a part of the rows; got `x`"});
  refused({"train", "--class-weights", "ten=1"}, 2, {"class-weights: there is no such class; got `ten`"});
  EXPECT_FALSE(fs::exists(path("runs")));
}

}  // namespace
}  // namespace thalweg
