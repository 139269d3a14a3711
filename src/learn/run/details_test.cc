#include "train/details.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "run/test_run.h"

namespace thalweg {
namespace {

using Json = nlohmann::json;

std::vector<Json> lines_of(const fs::path& path) {
  std::vector<Json> out;
  std::istringstream text(read_text_file(path));
  for (std::string line; std::getline(text, line);) out.push_back(Json::parse(line));
  return out;
}

TEST(Octaves, CountsBySize) {
  Histogram histogram{};
  histogram[kZeroBin] = 2;
  histogram[kZeroBin + 39] = 1;  // 2^-2
  histogram[kZeroBin + 41] = 1;  // 2^0
  histogram[kZeroBin - 41] = 1;  // -2^0
  histogram[kZeroBin - 42] = 1;  // -2^1
  EXPECT_EQ(octaves_json(histogram), R"({"from": -2, "zeros": 2, "counts": [1, 0, 2, 1]})");
}

TEST(Octaves, OfWhatIsOutsideAndOfNothing) {
  Histogram histogram{};
  EXPECT_EQ(octaves_json(histogram), R"({"from": 0, "zeros": 0, "counts": []})");
  histogram.front() = histogram[kZeroBin + 1] = 1;
  const Json far = Json::parse(octaves_json(histogram));
  EXPECT_EQ(far["from"], -40);
  EXPECT_EQ(far["counts"].size(), 64u);
}

class DetailsOfRun : public RunTest {};

TEST_F(DetailsOfRun, SayWhatAnUpdateDid) {
  RunConfig config = small();
  config.optimizer = "sgd(lr=0.5)";  // the update is half the gradient
  Training run = Training::create(config, path());
  Report report;
  while (run.next(report)) continue;
  run.finish();
  const std::vector<Json> lines = lines_of(path() / "details.jsonl");
  ASSERT_EQ(lines.size(), 46u);  // every update of a short run
  for (const Json& line : lines) {
    double squares = 0;
    for (const Json& one : line["parameters"]) {
      EXPECT_NEAR(one["update_norm"].get<double>(), 0.5 * one["grad_norm"].get<double>(),
                  1e-5 * one["grad_norm"].get<double>() + 1e-6);
      squares += one["grad_norm"].get<double>() * one["grad_norm"].get<double>();
      std::uint64_t numbers = one["values"]["zeros"];
      for (const Json& n : one["values"]["counts"]) numbers += n.get<std::uint64_t>();
      EXPECT_EQ(numbers, one["size"]);
    }
    EXPECT_GT(squares, 0);
    for (const char* part : {"data", "forward", "backward", "update"}) {
      EXPECT_GE(line["seconds"][part].get<double>(), 0) << part;
    }
  }
}

TEST_F(DetailsOfRun, AreBoundedAndHoldTheLast) {
  RunConfig config = small();
  config.epochs = 20;
  Training run = Training::create(config, path());
  Report report;
  while (run.next(report)) continue;
  const std::vector<Json> lines = lines_of(path() / "details.jsonl");
  EXPECT_LE(lines.size(), Details::kMostDetails + 1);
  EXPECT_EQ(lines.front()["update"], 1);
  EXPECT_EQ(lines.back()["update"], run.total_updates());
}

TEST_F(DetailsOfRun, AreCutAndGoOnWhenARunIsResumed) {
  {
    Training run = Training::create(small(), path());
    advance(run, 20);
    run.save();
    advance(run, 30);
  }
  Training whole = Training::create(small(), path("whole"));
  advance(whole, 46);
  Training run = Training::resume(path());
  advance(run, 46);
  const std::vector<Json> lines = lines_of(path() / "details.jsonl");
  const std::vector<Json> wanted = lines_of(path("whole") / "details.jsonl");
  ASSERT_EQ(lines.size(), wanted.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i]["update"], wanted[i]["update"]);
    EXPECT_EQ(lines[i]["parameters"], wanted[i]["parameters"]);
  }
}

TEST_F(DetailsOfRun, ExamplesAgreeWithTheResult) {
  Training run = Training::create(small(), path());
  advance(run, 46);
  const RunResult result = run.finish();
  const Json json = Json::parse(read_text_file(path() / "examples.json"));
  double right = 0, all = 0;
  for (std::size_t i = 0; i < json["confusion"].size(); ++i) {
    for (std::size_t k = 0; k < json["confusion"][i].size(); ++k) {
      all += json["confusion"][i][k].get<double>();
      if (i == k) right += json["confusion"][i][k].get<double>();
    }
  }
  EXPECT_EQ(all, result.test->samples);
  EXPECT_DOUBLE_EQ(right / all, result.test->accuracy);
  ASSERT_EQ(json["worst"].size(), 24u);
  EXPECT_NE(json["worst"][0]["truth"], json["worst"][0]["prediction"]);
  EXPECT_EQ(json["worst"][0]["inputs"].size(), 64u);
  EXPECT_FALSE(has(read_text_file(path() / "environment.json"), "\"compiler\": \"\""));
}

}  // namespace
}  // namespace thalweg
