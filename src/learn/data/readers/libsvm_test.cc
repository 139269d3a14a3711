#include <gtest/gtest.h>

#include <algorithm>

#include "data/test_files.h"

namespace thalweg {
namespace {

using Floats = std::vector<float>;
using Words = std::vector<std::string>;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

class Libsvm : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string text(const std::string& options = "") const { return "libsvm(" + path("t") + options + ")"; }
  Dataset all(const std::string& bytes, const std::string& options = "") const {
    folder_.write("t", bytes);
    return load_all(text(options), "");
  }
  void expect_refusal(const std::string& bytes, const std::string& place, const std::string& part) const {
    folder_.write("t", bytes);
    const std::string message = error_of(Code::data, [&] { load_dataset(text(), 0); });
    EXPECT_TRUE(message.starts_with(path("t") + place)) << message;
    EXPECT_TRUE(has(message, part)) << message;
  }

  TestFolder folder_;
};

TEST_F(Libsvm, RowsBecomeDenseFromOneOrFromZero) {
  const Dataset data = all("+1 1:0.5 3:2\n-1 2:-1\n\n# a comment\n+1 # 3:1\n-1\t1:1e-1 \r\n");
  EXPECT_EQ(data.sample, Shape{3});
  EXPECT_EQ(inputs_of(data.test), (Floats{0.5, 0, 2, 0, -1, 0, 0, 0, 0, 0.1f, 0, 0}));
  EXPECT_EQ(data.class_names, (Words{"-1", "1"}));
  EXPECT_EQ(data.test.labels, (std::vector<std::int32_t>{1, 0, 1, 0}));
  EXPECT_EQ(data.feature_names, (Words{"1", "2", "3"}));
  EXPECT_EQ(inputs_of(all("1 0:5 2:6\n0 1:7\n1 0:1\n0 0:2").test),
            (Floats{5, 0, 6, 0, 7, 0, 1, 0, 0, 2, 0, 0}));
  EXPECT_EQ(all("1 2:5\n2\n1\n2\n", ", features=4").sample, Shape{4});
}

TEST_F(Libsvm, AByteOrderMarkIsNoLabel) {
  EXPECT_EQ(inputs_of(all("\xef\xbb\xbf+1 1:0.5\n-1 1:2\n+1 1:1\n-1 1:3\n").test), (Floats{0.5, 2, 1, 3}));
  expect_refusal("\xef\xbb\xbfx 1:2\n", ":1:1: the label is not a number", "`x`");
  expect_refusal("\xff\xfe+\0", ": the text is UTF-16", "iconv");
  expect_refusal("BZh91AY&SY...", ": the file is no text", "bzip2");
}

TEST_F(Libsvm, LabelsAreClassesOrNumbers) {
  EXPECT_EQ(all("3 1:1\n1 1:2\n2 1:3\n3 1:1\n1 1:2\n2 1:3\n").class_names, (Words{"1", "2", "3"}));
  EXPECT_EQ(all("0.5 1:1\n0.5 1:2\n1.5 1:3\n1.5 1:3\n").columns, 1u);
  EXPECT_EQ(all("1 1:1\n2 1:2\n1 1:3\n2 1:3\n", ", task=regress").columns, 1u);
}

TEST_F(Libsvm, QueriesArePassedOverWithANote) {
  const Dataset data = all("1 qid:3 1:2\n0 qid:4 1:5\n1 1:1\n0 1:1\n");
  EXPECT_EQ(inputs_of(data.test), (Floats{2, 5, 1, 1}));
  EXPECT_TRUE(has(data.notes[0], "`qid` ignored"));
}

TEST_F(Libsvm, WhatIsWrongIsToldWithItsPlace) {
  expect_refusal("1 1:2\n0 3:1 2:5\n", ":2:7: the indices of a row do not ascend", "above 3");
  expect_refusal("1 1:2 1:3\n", ":1:7: a feature occurs twice in a row", "`1:3`");
  expect_refusal("1 -1:2\n", ":1:3: the index of a feature is wrong", "`-1:2`");
  expect_refusal("1 99999999999:2\n", ":1:3: the index of a feature is wrong", "");
  expect_refusal("1 4294967295:2\n", ":1:3: the index of a feature is wrong", "");
  expect_refusal("1 1.5:2\n", ":1:3: the index of a feature is wrong", "");
  expect_refusal("1 x:2\n", ":1:3: the index of a feature is wrong", "");
  expect_refusal("1 2\n", ":1:3: an entry is wrong", "index:value");
  for (const char* value : {"", "x", "nan", "inf", "1e400", "1,5", "0x1"}) {
    expect_refusal(std::string("1 1:1\n1 3:") + value + "\n", ":2:3: the value of a feature", "");
  }
  expect_refusal("x 1:2\n", ":1:1: the label is not a number", "`x`");
  expect_refusal("1,2 1:2\n", ":1:1: the label is not a number", "");
  expect_refusal("1:2\n", ":1:1: the label is not a number", "");
  expect_refusal("", "", "there are no rows");
  expect_refusal("1\n0\n", "", "there are no inputs");
}

TEST_F(Libsvm, DenseSizesAreBoundedBeforeMemoryIsTaken) {
  expect_refusal("1 4000000000:1\n0\n", ": the inputs are too large as dense rows",
                 "2 rows of 4000000000 features");
  expect_refusal("1 262144:0", ": the inputs are too large as dense rows",
                 "1 rows of 262144 features; want at most 262144 features, and 50331678 bytes");
  std::string few = "1 100:1\n";
  for (int i = 0; i < 130'000; ++i) few += "0\n";  // 52 MB of numbers in a file of 260 kB
  expect_refusal(few, ": the inputs are too large as dense rows", "130001 rows of 100 features");
  EXPECT_EQ(all("1 90000:1\n0 1:1\n").sample, Shape{90'000});
  std::string rows = "1 200000:1\n";
  for (int i = 0; i < 2000; ++i) rows += "0\n";
  expect_refusal(rows, ": the inputs are too large as dense rows", "2001 rows of 200000 features");
}

TEST_F(Libsvm, ATestFileAndLaterFilesHaveTheSameFeatures) {
  folder_.write("t", "1 1:1\n0 2:1\n1 1:1\n0 2:2\n");
  folder_.write("u", "0 3:7\n");
  const Dataset data = load_dataset(text(", test=" + path("u")), 0);
  EXPECT_EQ(data.sample, Shape{3});
  EXPECT_EQ(inputs_of(data.test), (Floats{0, 0, 7}));
  EXPECT_EQ(data.train.size(), 4u);
  const Dataset alone = load_dataset(text(), 0);
  EXPECT_EQ(inputs_of(load_all(text(), alone.encoding).test), (Floats{1, 0, 0, 1, 1, 0, 0, 2}));
  const std::string message =
      error_of(Code::data, [&] { load_all("libsvm(" + path("u") + ")", alone.encoding); });
  EXPECT_TRUE(has(message, "a feature is out of range; got 3; want 1 to 2")) << message;
  folder_.write("v", "5 1:1\n");
  const Dataset unknown = load_all("libsvm(" + path("v") + ")", alone.encoding);
  EXPECT_EQ(unknown.test.labels, std::vector<std::int32_t>{kNoClass});
  EXPECT_EQ(inputs_of(unknown.test), (Floats{1, 0}));
}

TEST_F(Libsvm, StandardScaleIsThatOfTheTrainingPart) {
  folder_.write("t", "1 1:1\n0 1:3\n1 1:1\n0 1:3\n");
  EXPECT_EQ(inputs_of(load_dataset(text(", scale=standard"), 0).train), (Floats{-1, 1, -1, 1}));
}

// As scikit-learn reads it.
TEST(LibsvmHeart, HasTheKnownNumbers) {
  const Dataset data = load_all("libsvm(\"" THALWEG_TESTS "/data/tables/heart_scale\")", "");
  ASSERT_EQ(data.test.size(), 270u);
  EXPECT_EQ(data.sample, Shape{13});
  const Floats inputs = inputs_of(data.test);
  EXPECT_EQ(inputs.size() - static_cast<std::size_t>(std::count(inputs.begin(), inputs.end(), 0.0f)), 3378u);
  EXPECT_NEAR(std::accumulate(inputs.begin(), inputs.end(), 0.0), -666.400860413909, 1e-9);
  EXPECT_EQ(Floats(inputs.begin(), inputs.begin() + 4), (Floats{0.708333f, 1, 1, -0.320755f}));
  EXPECT_EQ(std::count(data.test.labels.begin(), data.test.labels.end(), 1), 120);
}

}  // namespace
}  // namespace thalweg
