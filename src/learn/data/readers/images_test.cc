#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "data/dataset.h"
#include "data/test_files.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

const fs::path kImages = THALWEG_TESTS "/data/images";

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

class ImagesTest : public ::testing::Test {
 protected:
  // Puts a copy of an image of 12 x 20 there.
  void put(const std::string& image, const std::string& where) const {
    fs::create_directories((folder_.path() / where).parent_path());
    fs::copy_file(kImages / image, folder_.path() / where);
  }
  // n of each of two classes.
  void put_classes(const std::string& root, std::size_t n) const {
    for (std::size_t i = 0; i < n; ++i) {
      put("grey.png", root + "cat/" + std::to_string(i) + ".png");
      put("grey.jpg", root + "dog/" + std::to_string(i) + ".JPG");
    }
  }
  std::string source(const std::string& options = "", const std::string& below = "") const {
    return "images(\"" + (folder_.path() / below).string() + "\"" + options + ")";
  }
  std::string fault(const std::string& text, const std::string& encoding = "") const {
    return error_of(Code::data, [&] { load_dataset(text, 1, encoding); });
  }
  const fs::path& path() const { return folder_.path(); }

 private:
  TestFolder folder_;
};

TEST_F(ImagesTest, FoldersAreClassesAndAFifthIsHeldOut) {
  put_classes("", 10);
  put("grey.png", "empty/readme.txt");
  put("grey.png", ".hidden/a.png");
  put("grey.png", "cat/.hidden.png");
  const Dataset data = load_dataset(source(", scale=none"), 1);
  EXPECT_EQ(data.sample, Shape{240});
  EXPECT_EQ(data.image, (Shape{1, 12, 20}));
  EXPECT_EQ(data.class_names, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(data.classes, 2u);
  EXPECT_EQ(data.train.size(), 16u);
  EXPECT_EQ(data.test.size(), 4u);
  EXPECT_EQ(std::ranges::count(data.test.labels, 0), 2);
  const std::string want = read_text_file(kImages / "grey.png.raw");
  const std::vector<float> inputs = inputs_of(data.train);
  for (std::size_t i = 0; i < data.train.size(); ++i) {
    EXPECT_EQ(data.train.labels[i], data.train.rows[i] < 10 ? 0 : 1);
    if (data.train.labels[i] != 0) continue;
    for (std::size_t j = 0; j < 240; ++j) EXPECT_EQ(inputs[i * 240 + j], static_cast<std::uint8_t>(want[j]));
  }
}

TEST_F(ImagesTest, ColourLiesChannelByChannel) {
  put("colour.png", "a/1.png");
  put("colour.png", "b/1.png");
  const std::string want = read_text_file(kImages / "colour.png.raw");
  const std::vector<float> got = plain_inputs(source(", scale=none"));
  ASSERT_EQ(got.size(), 2u * 720);
  for (std::size_t i = 0; i < 720; ++i)
    EXPECT_EQ(got[i], static_cast<std::uint8_t>(want[i % 240 * 3 + i / 240]));
  EXPECT_EQ(load_all(source(", channels=1"), "").image, (Shape{1, 12, 20}));
  EXPECT_EQ(load_all(source(), "").image, (Shape{3, 12, 20}));
}

TEST_F(ImagesTest, TheFirstImageDecidesAboutColour) {
  put("grey.png", "a/1.png");
  put("colour.png", "b/1.png");
  const Dataset data = load_all(source(), "");
  EXPECT_EQ(data.image, (Shape{1, 12, 20}));
  EXPECT_EQ(data.notes.at(1), "1 of them were colour and are made grey");
}

TEST_F(ImagesTest, TrainAndTestAreFolders) {
  put_classes("train/", 3);
  put_classes("test/", 2);
  put("grey.png", "test/bird/1.png");
  const Dataset data = load_dataset(source(), 1);
  EXPECT_EQ(data.train.size(), 6u);
  EXPECT_EQ(data.test.size(), 5u);
  EXPECT_EQ(std::ranges::count(data.test.labels, kNoClass), 1);
  EXPECT_TRUE(has(data.notes.back(), "bird: no class of the training data: its 1 images are counted wrong"));
  EXPECT_EQ(load_all(source(), "").test.size(), 11u);
  const Dataset named = load_dataset(source(", test=\"" + (path() / "test").string() + "\"", "train"), 1);
  EXPECT_EQ(named.test.labels, data.test.labels);
  EXPECT_EQ(load_to_judge(source(), data.encoding).test.size(), 5u);
  EXPECT_EQ(load_to_judge(source("", "test"), data.encoding).test.size(), 5u);
}

TEST_F(ImagesTest, LaterImagesMeetTheEncodingOfTheFirst) {
  put_classes("one/", 5);
  put_classes("two/", 1);
  put("grey.png", "loose/b.png");
  put("grey.jpg", "loose/a.jpg");
  const Dataset first = load_dataset(source("", "one"), 1);
  fs::rename(path() / "two/cat", path() / "two/fish");
  const Dataset later = load_to_judge(source("", "two"), first.encoding);
  EXPECT_EQ(later.class_names, first.class_names);
  EXPECT_EQ(later.test.labels, (std::vector<std::int32_t>{1, kNoClass}));
  EXPECT_EQ(later.encoding, first.encoding);
  const Dataset loose = load_all(source("", "loose"), first.encoding);
  EXPECT_EQ(loose.test.size(), 2u);
  EXPECT_TRUE(loose.test.labels.empty());
  EXPECT_TRUE(has(fault(source("", "loose")), "no folder in it holds images"));
  EXPECT_TRUE(has(fault("digits", first.encoding), "of another kind"));
  for (const char* part : {R"("height": 12)", R"("channels": 1)", R"("classes": ["cat", "dog"])"}) {
    std::string bad = first.encoding;
    const std::size_t at = bad.find(part);
    ASSERT_NE(at, std::string::npos);
    bad.replace(at, std::string(part).size(),
                std::string(part).substr(0, std::string(part).find(':')) + ": 0");
    fault(source("", "two"), bad);
  }
}

TEST_F(ImagesTest, OtherSizesAreRefusedUnlessOneIsGiven) {
  put("grey.png", "a/1.png");
  put("grey.png", "a/2.png");
  const std::string small =
      "\x89PNG\r\n\x1a\n" + std::string("\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55", 25) +
      std::string("\0\0\0\x0aIDAT\x78\x9c\x63\x60\0\0\0\x02\0\x01\x48\xaf\xa4\x71", 22) +
      std::string("\0\0\0\0IEND\xae\x42\x60\x82", 12);
  std::ofstream(path() / "a/3.png", std::ios::binary) << small;
  const std::string message = fault(source());
  EXPECT_TRUE(has(message, "3.png: images must be as large as the others; got 1 x 1; want 12 x 20"))
      << message;
  EXPECT_TRUE(has(message, "`size=[12, 20]` resizes all of them")) << message;
  const Dataset data = load_dataset(source(", size=[6, 10]"), 1);
  EXPECT_EQ(data.image, (Shape{1, 6, 10}));
  EXPECT_EQ(load_all(source("", ""), data.encoding).image, (Shape{1, 6, 10}));
  EXPECT_EQ(load_all(source(", size=[8]"), "").image, (Shape{1, 8, 8}));
  error_of(Code::usage, [&] { load_dataset(source(", size=[1, 2, 3]"), 1); });
  error_of(Code::usage, [&] { load_dataset(source(", size=[1.5]"), 1); });
  error_of(Code::usage, [&] { load_dataset(source(", size=[0]"), 1); });
}

TEST_F(ImagesTest, WhatIsNoFolderOfImagesIsTold) {
  EXPECT_TRUE(has(fault(source("", "missing")), "does not exist"));
  EXPECT_TRUE(has(fault(source()), "no folder in it holds images"));
  put("grey.png", "a/1.png");
  EXPECT_TRUE(has(fault(source("", "a/1.png")), "is not a folder"));
  std::ofstream(path() / "a/2.png") << "no image";
  EXPECT_TRUE(has(fault(source()), "2.png: the file is no image that is read"));
  fs::remove(path() / "a/2.png");
  fs::create_directory(path() / "a/2.png");
  EXPECT_TRUE(has(fault(source()), "2.png"));
  fs::remove(path() / "a/2.png");
  fs::create_symlink("nowhere", path() / "a/2.png");
  EXPECT_TRUE(has(fault(source()), "2.png"));
  fs::remove(path() / "a/2.png");
  fs::create_symlink("../a", path() / "a/again");  // a circle is not followed
  put("grey.png", "a/2.png");
  EXPECT_EQ(load_all(source(), "").test.size(), 2u);
}

TEST_F(ImagesTest, AugmentationsMeetTheShape) {
  put_classes("", 5);
  EXPECT_EQ(load_dataset(source() + " | shift(2) | flip | cutout(3)", 1).augment,
            "shift(2) | flip(0.5, axis=horizontal) | cutout(3)");
  error_of(Code::usage, [&] { load_dataset(source() + " | shift(12)", 1); });
}

}  // namespace
}  // namespace thalweg
