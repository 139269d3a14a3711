// csv with a column of weights, and with targets that are not scaled.
#include <gtest/gtest.h>

#include "data/dataset.h"
#include "data/test_csv.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr const char* kRows =
    "size,w,town,price\n1,1,a,10\n2,0,b,20\n3,2.5,a,30\n4,1,b,40\n5,3,a,50\n6,1,b,60\n7,1,a,75\n8,1,b,80\n"
    "9,1,a,90\n10,4,b,100\n";

class CsvWeights : public CsvFiles {
 protected:
  std::string refusal(const std::string& bytes, const std::string& options, Code code) const {
    try {
      train(bytes, options);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
  }
};

// The weight that stands in the row of a sample.
void expect_own_weights(const Samples& samples) {
  constexpr double kWeights[] = {1, 0, 2.5, 1, 3, 1, 1, 1, 1, 4};
  ASSERT_EQ(samples.weights.size(), samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) EXPECT_EQ(samples.weights[i], kWeights[samples.rows[i]]);
}

TEST_F(CsvWeights, AreNoInputAndGoWithTheirRows) {
  for (const char* weight : {"w", "1", "-3"}) {
    const Dataset data = train(kRows, ", task=regress, weight=" + std::string(weight));
    EXPECT_EQ(data.feature_names, (std::vector<std::string>{"size", "town=a", "town=b"}));
    EXPECT_EQ(data.train.size(), 8u);
    expect_own_weights(data.train);
    expect_own_weights(data.test);
    const std::uint32_t picked[] = {3, 1};
    const Samples some = data.train.subset(picked);
    EXPECT_EQ(some.weights, (std::vector<double>{data.train.weights[3], data.train.weights[1]}));
  }
  EXPECT_TRUE(train(kRows).train.weights.empty());
}

TEST_F(CsvWeights, StayWithRowsWhereOthersAreLeftOut) {
  std::string rows = kRows;
  rows.replace(rows.find("4,1,b,40"), 8, "4,1,b,NA");
  const Dataset data = train(rows, ", task=regress, weight=w");
  EXPECT_EQ(data.train.size() + data.test.size(), 9u);
  expect_own_weights(data.train);
  expect_own_weights(data.test);
}

TEST_F(CsvWeights, OfATestFileAndOfWhatIsJudged) {
  folder_.write("test.csv", "price,w,town,size\n10,7,a,1\n20,0.5,b,2\n");
  const std::string options = ", task=regress, weight=w, test=" + (folder_.path() / "test.csv").string();
  const Dataset data = train(kRows, options);
  EXPECT_EQ(data.test.weights, (std::vector<double>{7, 0.5}));
  const Dataset judged = load_to_judge(source("test.csv", ", weight=w"), data.encoding);
  EXPECT_EQ(judged.test.weights, (std::vector<double>{7, 0.5}));
  EXPECT_TRUE(load_to_judge(source("test.csv"), data.encoding).test.weights.empty());
  // To be predicted, they need not be there.
  const Dataset later_rows = later(data, "size,town\n3,a\n", ", weight=w");
  EXPECT_EQ(later_rows.test.size(), 1u);
  EXPECT_TRUE(later_rows.test.weights.empty());
}

TEST_F(CsvWeights, ThatAreNoneAreRefused) {
  EXPECT_TRUE(has(refusal(kRows, ", weight=ww", Code::usage), "weight"));
  EXPECT_TRUE(has(refusal(kRows, ", weight=price", Code::usage), "it is the target"));
  EXPECT_TRUE(has(refusal(kRows, ", weight=town", Code::data), "town"));
  for (const auto& [cell, words] : {std::pair<std::string, std::string>{"NA", "a weight is missing"},
                                    {"", "a weight is missing"},
                                    {"-0.5", "a weight is out of range"},
                                    {"x", "train.csv"}}) {
    std::string rows = kRows;
    rows.replace(rows.find("5,3,a"), 5, "5," + cell + ",a");
    const std::string text = refusal(rows, ", weight=w", Code::data);
    EXPECT_TRUE(has(text, words)) << text;
    EXPECT_TRUE(has(text, "train.csv:6")) << text;
  }
}

TEST_F(CsvWeights, TargetsMayStayAsTheyAre) {
  const Dataset data = train(kRows, ", task=regress, weight=w, target_scale=none");
  EXPECT_EQ(data.target_scaling, std::vector<Scaling>(1));
  for (std::size_t i = 0; i < data.train.size(); ++i) {
    const double size = data.train.rows[i] + 1.0;
    EXPECT_EQ(data.train.values[i], size == 7 ? 75 : 10 * size);
  }
  EXPECT_NE(train(kRows, ", task=regress").target_scaling, std::vector<Scaling>(1));
}

}  // namespace
}  // namespace thalweg
