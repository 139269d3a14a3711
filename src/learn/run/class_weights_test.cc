// The setting `class-weights` of a run, on all of its surfaces.
#include <nlohmann/json.hpp>

#include "run/config.h"
#include "run/test_run.h"

namespace thalweg {
namespace {

using Json = nlohmann::json;

// 40 rows of no, 10 of yes: 32 and 8 of them are trained on.
std::string rows() {
  std::string out = "x,y,class\n";
  for (int i = 0; i < 50; ++i) {
    const bool yes = i % 5 == 0;
    out += std::to_string(i % 7) + "," + std::to_string(yes ? i : -i) + (yes ? ",yes\n" : ",no\n");
  }
  return out;
}

class ClassWeightsOfARun : public RunTest {
 protected:
  RunConfig config(const std::string& weights, const std::string& loss = "auto") const {
    replace_file(path("t.csv"), rows());
    RunConfig out;
    out.data = "csv(" + path("t.csv").string() + ")";
    out.model = "dense(2)";
    out.optimizer = "adam(lr=1e-2)";
    out.epochs = 4;
    out.batch = 8;
    out.loss = loss;
    out.rows.class_weights = weights;
    return out;
  }
  Json train(const RunConfig& config, const std::string& name) const {
    Training run = Training::create(config, path(name));
    for (Report report; run.next(report);) continue;
    return Json::parse(run.finish().json);
  }
};

TEST_F(ClassWeightsOfARun, StandInLossConfigurationNotesAndResult) {
  const Training run = Training::create(config("balanced"), path());
  EXPECT_EQ(run.config().rows.class_weights, "balanced");
  EXPECT_EQ(Loss(run.config().loss).text(), "cross_entropy(weight=[0.625, 2.5])")
      << "40 / (2 x 32) and / (2 x 8)";
  EXPECT_EQ(run.notes().back(), "class weights: no 0.625, yes 2.5");
  EXPECT_TRUE(has(read_text_file(path() / "config.toml"), "\nclass-weights = \"balanced\"\n"));
  const Json outline = Json::parse(Training::describe(config("yes=3"), true));
  EXPECT_EQ(outline.at("class_weights"), (Json{{"no", 1.0}, {"yes", 3.0}}));
  EXPECT_EQ(Json::parse(Training::describe(config("none"), true)).at("class_weights"), nullptr);
}

TEST_F(ClassWeightsOfARun, AreThoseOfTheLossBitForBit) {
  const Json by_name = train(config("yes=2.5,no=0.625"), "named");
  const Json balanced = train(config("balanced"), "balanced");
  const Json of_loss = train(config("none", "cross_entropy(weight=balanced)"), "loss");
  EXPECT_EQ(by_name.at("test"), of_loss.at("test"));
  EXPECT_EQ(balanced.at("test"), of_loss.at("test"));
  EXPECT_EQ(results(path("named")), results(path("loss")));
  EXPECT_EQ(balanced.at("class_weights"), (Json{{"no", 0.625}, {"yes", 2.5}}));
  EXPECT_NE(balanced.at("test").at("loss"), train(config("none"), "none").at("test").at("loss"));
  const std::vector<std::string> notes = predict_run(path("balanced")).notes;
  EXPECT_TRUE(std::ranges::any_of(notes, [](const std::string& note) {
    return note.starts_with("the training weighed the classes (class-weights balanced)");
  })) << "its probabilities are shifted";
}

TEST_F(ClassWeightsOfARun, AreResumedAndRepeated) {
  for (const char* weights : {"balanced", "yes=3"}) {
    const std::string name = weights;
    const Json whole = train(config(weights), name + "-whole");
    {
      Training run = Training::create(config(weights), path(name));
      advance(run, 9);
      run.save();
    }
    Training run = Training::resume(path(name));
    for (Report report; run.next(report);) continue;
    EXPECT_EQ(Json::parse(run.finish().json).at("test"), whole.at("test"));
    RunConfig again = read_config(path(name) / "config.toml");
    EXPECT_EQ(train(again, name + "-again").at("test"), whole.at("test"));
    again.seed = 2;
    Training::create(again, path(name + "-other"));
  }
}

TEST_F(ClassWeightsOfARun, ThatDoNotFitLeaveNothing) {
  const auto refused = [&](const RunConfig& config) {
    const std::string message = error_of(Code::usage, [&] { Training::create(config, path("none")); });
    EXPECT_FALSE(fs::exists(path("none")));
    return message;
  };
  EXPECT_TRUE(
      has(refused(config("maybe=3")), "class-weights: there is no such class; got `maybe`; want no, yes"));
  EXPECT_TRUE(has(refused(config("yes=0")), "class-weights: a class weight is out of range; got `yes=0`"));
  EXPECT_TRUE(
      has(refused(config("yes=2", "cross_entropy(weight=[1, 3])")), "the loss has weights of its own"));
  RunConfig values = config("balanced");
  values.data.insert(values.data.size() - 1, ", target=x, task=regress, ignore=class");
  EXPECT_TRUE(has(refused(values), "the data have values, not classes"));
}

}  // namespace
}  // namespace thalweg
