// Single steps as the users of the tool meet them.
#include "tool_case.h"

namespace thalweg {
namespace {

constexpr const char* kFive = "linear_regression(data=five.csv)";

class ShowTool : public Tool {
 protected:
  ShowTool() { write("five.csv", contents(THALWEG_TESTS "/data/steps/five.csv")); }
};

// To 12 digits: numpy's 1 - 0.999^t has no more than 13.
void expect_near(const Json& got, const Json& want, const std::string& what) {
  const double number = want.get<double>();
  EXPECT_NEAR(got.get<double>(), number, 1e-12 * std::max(1.0, std::abs(number))) << what;
}

void expect_same_numbers(const Json& got, const Json& want, const std::string& what) {
  ASSERT_EQ(keys(got), keys(want)) << what;
  for (const auto& [name, number] : want.items()) expect_near(got[name], number, what + " " + name);
}

// What numpy makes of the formulas of the papers (tests/data/steps/five.py).
TEST_F(ShowTool, FivePointsAreWhatNumpySays) {
  const Json exercises = Json::parse(contents(THALWEG_TESTS "/data/steps/five.json"));
  ASSERT_EQ(exercises.size(), 7u);
  for (const Json& want : exercises) {
    const std::string chain = want["chain"];
    const Json got =
        json({"descend", kFive, "--optimizer", chain, "--steps", std::to_string(want["updates"].size()),
              "--show", "gradient,update,state", "--json"});
    ASSERT_EQ(got["updates"].size(), want["updates"].size()) << chain;
    for (std::size_t k = 0; k < want["updates"].size(); ++k) {
      const Json& update = got["updates"][k];
      EXPECT_EQ(update["update"], k + 1);
      EXPECT_EQ(update["lr"], want["lr"]);
      EXPECT_EQ(update["loss"], got["losses"][k]);
      for (std::size_t i = 0; i < 2; ++i) {
        const Json &one = update["coordinates"][i], &expected = want["updates"][k][i];
        const std::string what = chain + ", update " + std::to_string(k + 1);
        EXPECT_EQ(keys(one), keys(expected));
        EXPECT_EQ(one["name"], expected["name"]);
        expect_same_numbers(one["state"], expected["state"], what);
        expect_same_numbers(one["corrected"], expected["corrected"], what);
        for (const char* number : {"gradient", "step", "value"})
          expect_near(one[number], expected[number], what + " " + number);
      }
    }
  }
}

TEST_F(ShowTool, EveryUpdateHasARowWithoutABound) {
  const Outcome all = run({"descend", "rosenbrock", "--steps", "50", "--show", "all"});
  EXPECT_EQ(all.code, 0) << all.err;
  const std::vector<std::string> lines = lines_of(all.out);
  ASSERT_EQ(lines.size(), 4u + 100u);
  EXPECT_EQ(lines[2], "start x = -1.2, y = 1");
  for (const char* column : {"gradient", " m ", "v_hat", "step", "value"})
    EXPECT_NE(lines[3].find(column), std::string::npos) << column;
  const Outcome some = run({"descend", "rosenbrock", "--steps", "50", "--show", "update", "--every", "20"});
  EXPECT_EQ(lines_of(some.out).size(), 4u + 6u);  // 20, 40 and 50
  EXPECT_EQ(lines_of(run({"descend", "booth", "--steps", "50", "--every", "1"}).out).size(), 3u + 51u);
  EXPECT_EQ(lines_of(run({"descend", "booth", "--steps", "50", "--every", "20"}).out).size(), 3u + 4u);
}

TEST_F(ShowTool, OneDimensionStaysOne) {
  const Json way = json({"descend", "(x - 3)^2", "--optimizer", "gd(lr=0.25)", "--start", "1", "--steps", "2",
                         "--show", "all", "--json"});
  EXPECT_EQ(way["dimension"], 1);
  EXPECT_EQ(way["path"], Json::parse("[[1], [2], [2.5]]"));
  EXPECT_EQ(way["updates"][0]["coordinates"],
            Json::parse(
                R"([{"name": "x", "gradient": -4, "state": {}, "corrected": {}, "step": -1, "value": 2}])"));
  const Json three =
      json({"descend", "x1^2 + x3^2", "--start", "1 1 1", "--steps", "1", "--show", "all", "--json"});
  EXPECT_EQ(three["updates"][0]["coordinates"].size(), 3u);
  EXPECT_EQ(three["updates"][0]["coordinates"][1]["gradient"], 0);
}

TEST_F(ShowTool, APageAndABatch) {
  const Outcome outcome = run({"descend", kFive, "--optimizer", "sgd(lr=0.01)", "--batch", "1", "--steps",
                               "10", "--show", "all", "--html", "steps.html"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("wrote steps.html"), std::string::npos);
  EXPECT_NE(contents(path("steps.html")).find("five.csv"), std::string::npos);
}

// A gradient of one sample can be checked by hand: of a u + b - t it is the error times u, and the error.
TEST_F(ShowTool, AStepNamesItsSample) {
  const Json updates = json({"descend", kFive, "--optimizer", "sgd(lr=0.01)", "--batch", "1", "--steps", "5",
                             "--start", "1 1", "--show", "all", "--json"})["updates"];
  double a = 1, b = 1;
  std::set<int> seen;
  std::vector<std::pair<double, double>> rows;
  for (const std::string& line : lines_of(contents(path("five.csv"))))
    if (std::isdigit(static_cast<unsigned char>(line.front())) != 0)
      rows.emplace_back(std::stod(line), std::stod(line.substr(line.find(',') + 1)));
  for (const Json& update : updates) {
    ASSERT_EQ(update["samples"].size(), 1u);
    const int sample = update["samples"][0];
    seen.insert(sample);
    const auto [u, t] = rows[static_cast<std::size_t>(sample)];
    EXPECT_NEAR(update["coordinates"][0]["gradient"].get<double>(), (a * u + b - t) * u, 1e-12);
    EXPECT_NEAR(update["coordinates"][1]["gradient"].get<double>(), a * u + b - t, 1e-12);
    a = update["coordinates"][0]["value"], b = update["coordinates"][1]["value"];
  }
  EXPECT_EQ(seen, (std::set<int>{0, 1, 2, 3, 4}));  // an epoch
  EXPECT_FALSE(
      json({"descend", kFive, "--steps", "1", "--show", "all", "--json"})["updates"][0].contains("samples"));
}

TEST_F(ShowTool, ATrainingSaysThatItsNumbersAreStandardised) {
  write("table.csv", "x,y\n1,2\n2,4.5\n3,5.5\n4,8.5\n5,10\n");
  const auto said = [&](const std::string& options) {
    return run({"train", "--data", "csv(table.csv" + options + ")", "--model", "dense(1)", "--epochs", "1",
                "--show", "all"})
        .err;
  };
  EXPECT_NE(said("").find("standardised inputs and targets: scale=none, target_scale=none"),
            std::string::npos);
  EXPECT_NE(said(", scale=none").find("standardised targets: target_scale=none"), std::string::npos);
  EXPECT_EQ(said(", scale=none, target_scale=none").find("standardised"), std::string::npos);
}

TEST_F(ShowTool, ATrainingShowsItsSteps) {
  write("table.csv", "x,y\n1,2\n2,4.5\n3,5.5\n4,8.5\n5,10\n");
  const Arguments arguments = {
      "train",        "--data",   "csv(table.csv, scale=none, target_scale=none, test=table.csv)",
      "--model",      "dense(1)", "--optimizer",
      "adam(lr=0.1)", "--batch",  "full",
      "--epochs",     "4",        "--loss",
      "mse",          "--quiet",  "--show",
      "all",          "--json"};
  const Json shown = json(arguments);
  EXPECT_EQ(keys(shown), (std::set<std::string>{"schema", "updates", "result"}));
  ASSERT_EQ(shown["updates"].size(), 4u);
  EXPECT_EQ(shown["result"]["updates"], 4);
  double before = NAN;
  for (std::size_t k = 0; k < 4; ++k) {
    const Json& weight = shown["updates"][k]["coordinates"][0];
    EXPECT_EQ(weight["name"], "dense1.weight");
    const auto t = static_cast<double>(k + 1);
    const double c1 = 1 - std::pow(0.9, t), c2 = 1 - std::pow(0.999, t);
    const double m = weight["state"]["m"].get<double>() / c1, v = weight["state"]["v"].get<double>() / c2;
    EXPECT_NEAR(weight["corrected"]["m_hat"].get<double>(), m, 1e-6 * std::abs(m));
    EXPECT_NEAR(weight["step"].get<double>(), 0.1 * m / (std::sqrt(v) + 1e-8), 1e-5);
    const double value = weight["value"].get<double>();
    if (k > 0) {
      EXPECT_NEAR(before - value, weight["step"].get<double>(), 1e-12);
    }
    before = value;
  }
}

TEST_F(ShowTool, ATrainingShowsChosenParameters) {
  Arguments arguments = {"train",      "--model",    "dense(3) | relu | dense(10)",
                         "--epochs",   "1",          "--quiet",
                         "--show",     "update",     "--of",
                         "\"*.bias\"", "--elements", "2",
                         "--every",    "10"};
  const Outcome outcome = run(arguments);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("dense1.bias[1]"), std::string::npos);
  EXPECT_EQ(outcome.out.find("weight["), std::string::npos);
  EXPECT_EQ(outcome.out.find("bias[2]"), std::string::npos);
  EXPECT_NE(outcome.out.find("held out"), std::string::npos);
}

// Of a run that ends before its last update, too, with the newest update whatever --every says.
TEST_F(ShowTool, StepsBeforeADivergenceAreShown) {
  const Arguments diverging = {
      "train",   "--data",      "csv(five.csv, scale=none, target_scale=none, test=five.csv)",
      "--model", "dense(1)",    "--loss",
      "mse",     "--optimizer", "gd(lr=1e6)",
      "--batch", "full",        "--epochs",
      "1000",    "--quiet",     "--show",
      "update",  "--every",     "5"};
  Arguments as_json = diverging;
  as_json.insert(as_json.end(), {"--json", "--html", "steps.html"});
  const Outcome outcome = run(as_json);
  EXPECT_EQ(outcome.code, 5) << outcome.err;
  const std::string message = Json::parse(lines_of(outcome.err).back())["error"]["message"];
  const std::string before = "update ";
  const std::size_t at = message.find(before);
  ASSERT_NE(at, std::string::npos) << message;
  const int fatal = std::stoi(message.substr(at + before.size()));
  const Json shown = Json::parse(outcome.out);
  EXPECT_TRUE(shown["result"].is_null());
  std::vector<int> updates, want;
  for (const Json& update : shown["updates"]) updates.push_back(update["update"]);
  for (int update = 5; update < fatal; update += 5) want.push_back(update);
  want.push_back(fatal);  // made, and found to be too much at the end of its epoch
  EXPECT_EQ(updates, want);
  EXPECT_NE(contents(path("steps.html")).find("dense1.weight"), std::string::npos);

  const Outcome plain = run(diverging);
  EXPECT_EQ(plain.code, 5);
  EXPECT_NE(plain.out.find("dense1.weight"), std::string::npos) << plain.out;
  EXPECT_EQ(plain.out.find("held out"), std::string::npos) << plain.out;
}

TEST_F(ShowTool, StepsBeforeAnInterruptionAreShown) {
  ToolProcess process(
      path(""), {"train", "--quiet", "--out", "a", "--epochs", "100000", "--model", "dense(10)", "--show",
                 "update", "--of", "bias", "--elements", "1", "--every", "1000000", "--json"});
  ASSERT_TRUE(wait_for_growth(path("a/metrics.jsonl"), 0));
  process.send(SIGINT);
  const Outcome outcome = process.wait();
  EXPECT_EQ(outcome.code, 130) << outcome.err;
  const Json shown = Json::parse(outcome.out, nullptr, false);
  ASSERT_TRUE(shown.is_object()) << outcome.out;
  ASSERT_FALSE(shown["updates"].empty());
  const std::string saved =
      "saved at update " + std::to_string(shown["updates"].back()["update"].get<int>()) + " of";
  EXPECT_NE(outcome.err.find(saved), std::string::npos) << outcome.err;
}

struct Refusal {
  Arguments arguments;
  int code;
  std::vector<std::string> says;
};

TEST_F(ShowTool, MistakesAreNamed) {
  write("words.csv", "x,y\n1,2\nten,3\n4,5\n");
  write("holes.csv", "x,y\n1,2\n,3\n4,5\n");
  write("head.csv", "x,y\n");
  write("binary.csv", std::string("\x00\x01\x02", 3));
  const std::vector<Refusal> refused = {
      {{"descend", kFive, "--show", "gradiant"}, 2, {"--show", "did you mean `gradient`?"}},
      {{"descend", kFive, "--show", ""}, 2, {"--show"}},
      {{"descend", kFive, "--html", "a.html"}, 2, {"--show"}},
      {{"descend", kFive, "--every", "0"}, 2, {"--every"}},
      {{"descend", kFive, "--batch", "6"}, 2, {"batch", "at most 5"}},
      {{"descend", "sphere(1000)", "--steps", "5000", "--show", "all"}, 2, {"too many", "every"}},
      {{"descend", "linear_regression(data=none.csv)"}, 3, {"none.csv"}},
      {{"descend", "linear_regression(data=words.csv)"}, 3, {"words.csv", "ten"}},
      {{"descend", "linear_regression(data=holes.csv)"}, 3, {"holes.csv", "missing"}},
      {{"descend", "linear_regression(data=head.csv)"}, 3, {"head.csv"}},
      {{"descend", "linear_regression(data=binary.csv)"}, 3, {"binary.csv"}},
      {{"descend", "linear_regression(data=five.csv, target=z)"}, 2, {"target", "`z`"}},
      {{"descend", "x + x1"}, 2, {"variables of two kinds"}},
      {{"descend", "x1001"}, 2, {"too many variables"}},
      {{"train", "--show", "all", "--of", "nothing.*"}, 2, {"nothing.*"}},
      {{"train", "--of", "all"}, 2, {"--show"}},
      {{"train", "--epochs", "1", "--init", "none.safetensors"}, 3, {"none.safetensors"}},
  };
  for (const Refusal& one : refused) {
    const Outcome outcome = run(one.arguments);
    EXPECT_EQ(outcome.code, one.code) << one.arguments[1] << outcome.err;
    for (const std::string& part : one.says)
      EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err;
  }
}

}  // namespace
}  // namespace thalweg
