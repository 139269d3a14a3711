// thalweg split: the rows of both parts, as a user sees them.
#include <nlohmann/json.hpp>

#include <algorithm>

#include "data/test_files.h"
#include "tool.h"

namespace thalweg {
namespace {

using Json = nlohmann::json;

class Split : public ::testing::Test {
 protected:
  Outcome run(const Arguments& arguments) const { return run_tool(folder_.path(), arguments); }
  TestFolder folder_;
};

TEST_F(Split, JsonHoldsEveryRowOnceAndDependsOnTheSeed) {
  std::string rows = "skipped\na,t\n";
  for (int i = 0; i < 50; ++i) rows += std::to_string(i) + (i % 2 == 0 ? ",yes\n" : ",no\n");
  folder_.write("t.csv", rows);
  const auto split = [&](const std::string& seed) {
    return run({"split", "csv(t.csv, skip=1)", "--seed", seed, "--json"}).out;
  };
  const Json parts = Json::parse(split("3"), nullptr, false);
  ASSERT_TRUE(parts.is_object());
  std::vector<int> all = parts.at("train").get<std::vector<int>>();
  EXPECT_EQ(all.size(), 40u);
  const std::vector<int> test = parts.at("test").get<std::vector<int>>();
  EXPECT_TRUE(std::is_sorted(test.begin(), test.end()));
  all.insert(all.end(), test.begin(), test.end());
  std::sort(all.begin(), all.end());
  for (int i = 0; i < 50; ++i) EXPECT_EQ(all.at(static_cast<std::size_t>(i)), i);
  EXPECT_EQ(split("3"), split("3"));
  EXPECT_NE(split("3"), split("4"));
}

TEST_F(Split, SummarySaysWhatWasInferred) {
  folder_.write("t.csv", "a;t\n1;x\n2;y\n3;x\n4;y\n5;x\n6;y\n");
  const Outcome outcome = run({"split", "csv(t.csv)"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  for (const char* part :
       {"6 rows of 2 columns, delimiter semicolon (found), header yes (found)",
        "inputs: 1 column: a (numeric)", "target: t, 2 classes: x, y", "held out   2 rows"}) {
    EXPECT_NE(outcome.out.find(part), std::string::npos) << outcome.out;
  }
  EXPECT_EQ(run({"split", "csv(none.csv)"}).code, 3);
  EXPECT_EQ(run({"split", "csv(t.csv, target=z)"}).code, 2);
}

}  // namespace
}  // namespace thalweg
