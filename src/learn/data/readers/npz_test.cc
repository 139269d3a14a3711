#include <gtest/gtest.h>

#include "data/test_files.h"
#include "files/test_zip.h"

namespace thalweg {
namespace {

using Floats = std::vector<float>;
using Labels = std::vector<std::int32_t>;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// An array of bytes, `width` a row.
std::string array(const std::string& bytes, std::size_t width = 1) {
  std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (" +
                       std::to_string(bytes.size() / width) + ", " + std::to_string(width) + "), }";
  header += std::string(63 - (10 + header.size()) % 64, ' ') + "\n";
  return std::string("\x93NUMPY\1\0", 8) + little_endian(header.size(), 2) + header + bytes;
}

class Npz : public testing::Test {
 protected:
  std::string path() const { return (folder_.path() / "f.npz").string(); }
  std::string text(const std::string& options = "") const { return "npz(" + path() + options + ")"; }
  void write(const std::vector<ZipPart>& parts) const { folder_.write("f.npz", zip(parts)); }
  std::string refusal(const std::string& options = "") const {
    return error_of(Code::data, [&] { load_dataset(text(options), 1); });
  }

  TestFolder folder_;
  const std::string inputs_ = array("\1\2\3\4\5\6\7\10", 2);
  const std::string targets_ = array("\1\2\1\2");
};

TEST_F(Npz, ArraysStoredAndDeflatedAreFoundByTheirUsualNames) {
  for (const bool deflated : {false, true}) {
    for (const auto& [x, y] : {std::pair{"x", "y"},
                               {"X", "Y"},
                               {"arr_0", "arr_1"},
                               {"images", "labels"},
                               {"x_train", "y_train"},
                               {"train_images", "train_labels"},
                               {"data", "target"}}) {
      write({{y + std::string(".npy"), targets_, deflated}, {x + std::string(".npy"), inputs_, deflated}});
      const Dataset data = load_all(text(), "");
      EXPECT_EQ(inputs_of(load_all(text(", scale=none"), "").test), (Floats{1, 2, 3, 4, 5, 6, 7, 8})) << x;
      EXPECT_EQ(data.test.labels, (Labels{0, 1, 0, 1})) << y;
    }
  }
}

TEST_F(Npz, WeightsGoWithTheirRows) {
  write({{"x.npy", inputs_}, {"y.npy", targets_}, {"w.npy", array(std::string("\3\0\5\1", 4))}});
  const Dataset data = load_dataset(text(", weight=w"), 1);
  const double weights[] = {3, 0, 5, 1};
  EXPECT_EQ(data.train.size() + data.test.size(), 4u);
  for (const Samples* part : {&data.train, &data.test}) {
    ASSERT_EQ(part->weights.size(), part->size());
    for (std::size_t i = 0; i < part->size(); ++i) EXPECT_EQ(part->weights[i], weights[part->rows[i]]);
  }
  EXPECT_TRUE(load_all(text(", weight=w"), data.encoding).test.weights.empty());  // to be predicted
  EXPECT_TRUE(load_dataset(text(), 1).train.weights.empty());
  EXPECT_TRUE(has(refusal(", weight=x"), "one number a row"));
  EXPECT_TRUE(has(refusal(", weight=v"), "`weight` is no array of the file"));
  write({{"x.npy", inputs_}, {"y.npy", targets_}, {"w.npy", array("\1\1\1")}});
  EXPECT_TRUE(has(refusal(", weight=w"), "as many weights as inputs"));
}

TEST_F(Npz, OptionsChooseArraysAndOthersAreListed) {
  write({{"one.npy", inputs_}, {"two.npy", targets_, true}, {"notes.txt", "no array"}});
  EXPECT_EQ(load_all(text(", x=one, y=two"), "").test.labels, (Labels{0, 1, 0, 1}));
  EXPECT_TRUE(
      has(refusal(), "f.npz: none of the arrays has a usual name of inputs; want one of one, two; x=NAME"));
  EXPECT_TRUE(has(refusal(", x=one"), "usual name of targets; want one of one, two; y=NAME"));
  EXPECT_TRUE(has(refusal(", x=on, y=two"),
                  "`x` is no array of the file; got `on`; want one of one, two; did you mean `one`?"));
}

TEST_F(Npz, ArraysToTestOnAreHeldOut) {
  write({{"x_train.npy", inputs_},
         {"y_train.npy", targets_},
         {"x_test.npy", array("\1\2", 2)},
         {"y_test.npy", array("\2")}});
  const Dataset data = load_dataset(text(", scale=none"), 1);
  EXPECT_EQ(data.train.size(), 4u);
  EXPECT_EQ(inputs_of(data.test), (Floats{1, 2}));
  EXPECT_EQ(data.test.labels, Labels{1});
}

TEST_F(Npz, InputsToTestOnWithoutTargetsAreToBePredicted) {
  write({{"x_train.npy", inputs_}, {"y_train.npy", targets_}, {"x_test.npy", array("\1\2", 2)}});
  const Dataset trained = load_dataset(text(", scale=none"), 1);
  EXPECT_EQ(trained.train.size() + trained.test.size(), 4u);
  for (const char* options : {"", ", test_x=x_test"}) {
    const Dataset all = load_all(text(options), trained.encoding);
    const bool named = *options != '\0';
    EXPECT_EQ(all.test.size(), named ? 5u : 4u);
    EXPECT_EQ(all.test.labels.empty(), named);
  }
  EXPECT_EQ(load_all(text(", x=x_test, y=labels"), trained.encoding).test.size(), 1u);
}

TEST_F(Npz, AnotherPairIsNotHeldOutOfInputsThatAreNamed) {
  write({{"a.npy", inputs_},
         {"b.npy", targets_},
         {"x_test.npy", array("\1\2", 2)},
         {"y_test.npy", array("\2")}});
  const Dataset data = load_dataset(text(", x=a, y=b"), 1);
  EXPECT_EQ(data.train.size() + data.test.size(), 4u);
}

TEST_F(Npz, WhatIsPredictedNeedsNoTargets) {
  write({{"x.npy", inputs_}, {"y.npy", targets_}});
  const Dataset trained = load_dataset(text(), 1);
  write({{"anything.npy", inputs_}});
  const Dataset alone = load_all(text(), trained.encoding);
  EXPECT_EQ(alone.test.size(), 4u);
  EXPECT_TRUE(alone.test.labels.empty());
}

TEST_F(Npz, OtherFilesAreNamed) {
  folder_.write("f.npz", inputs_);
  EXPECT_TRUE(has(refusal(), "does not begin like a .npz file; got a NumPy array (.npy); want PK; npy(" +
                                 path() + ") reads it"));
  write({{"train.csv", "a,b\n"}});
  EXPECT_TRUE(has(refusal(), "want arrays, NAME.npy"));
  const std::string whole = zip({{"x.npy", inputs_}, {"y.npy", targets_, true}});
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    folder_.write("f.npz", whole.substr(0, size));
    refusal();
  }
}

}  // namespace
}  // namespace thalweg
