#include "data/dataset.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "data/test_files.h"

namespace thalweg {
namespace {

std::string refusal(const std::string& text) {
  return error_of(Code::usage, [&] { load_dataset(text, 0); });
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(Dataset, UnknownSourceIsShownWithACaretAndTheNearestName) {
  const std::string message = refusal("digit");
  EXPECT_TRUE(has(message, "did you mean `digits`?")) << message;
  EXPECT_TRUE(has(message, "(see `thalweg list data`)")) << message;
  EXPECT_TRUE(has(message, "\n  digit\n  ^")) << message;
}

TEST(Dataset, TextMustBeOneSource) {
  EXPECT_TRUE(has(refusal("digits | digits"), "column 10"));
  EXPECT_TRUE(has(refusal(""), "a name is missing"));
  EXPECT_TRUE(has(refusal("digitz("), "and `)` is missing at the end"));
}

TEST(Dataset, WhatIsDoneToBatchesStandsBehindTheReader) {
  const Dataset plain = load_dataset("digits", 1);
  const Dataset data = load_dataset("digits|shift( 1 )|mixup(alpha=0.2) | crop( padding=2)", 1);
  EXPECT_EQ(data.text, "digits | shift(1) | mixup | crop(padding=2)");
  EXPECT_EQ(data.full_text, "digits | shift(1) | mixup(0.2) | crop(padding=2)");
  EXPECT_EQ(data.augment, "shift(1) | mixup(0.2) | crop(padding=2)");
  EXPECT_EQ(plain.text, "digits");
  EXPECT_EQ(plain.augment, "");
  EXPECT_EQ(data.sample, Shape{64});
  EXPECT_EQ(data.image, (Shape{1, 8, 8}));
  EXPECT_EQ(load_dataset(data.full_text, 1).text, data.text);
  EXPECT_TRUE(same_samples("digits | shift(1)", "digits"));
  EXPECT_TRUE(has(refusal("digits | flop"), "did you mean `flip`?"));
  EXPECT_TRUE(has(refusal("digits | flop"), "column 10"));
  EXPECT_TRUE(has(refusal("digits | shift(8)"), "`shift` does not fit images of 8 x 8"));
  EXPECT_TRUE(has(refusal("drift(10) | shift(1)"), "samples that are no images"));
  EXPECT_EQ(load_dataset("drift(10) | noise(0.1)", 1).image, Shape{});
}

TEST(Dataset, OptionsAreThoseOfTheSpec) {
  EXPECT_TRUE(has(refusal("digits(3)"), "too many arguments"));
  EXPECT_TRUE(has(refusal("idx"), "needs `folder`"));
  EXPECT_TRUE(has(refusal("idx(a, scale=uni)"), "did you mean `unit`?"));
  EXPECT_TRUE(has(refusal("idx(\"\")"), "invalid path"));
}

TEST(Dataset, EveryReaderIsListedWithItsWords) {
  ASSERT_GE(data_specs().size(), 2u);
  for (const Spec* spec : data_specs()) {
    EXPECT_FALSE(spec->name.empty());
    EXPECT_FALSE(spec->doc.empty()) << spec->name;
    EXPECT_FALSE(spec->source.empty()) << spec->name;
    for (const Option& option : spec->options) EXPECT_FALSE(option.doc.empty()) << option.name;
  }
}

TEST(Dataset, EncodingsThatDoNotFitAreRefused) {
  const auto fault = [](const std::string& encoding) {
    return error_of(Code::data, [&] { load_dataset("digits", 0, encoding); });
  };
  EXPECT_TRUE(has(fault("{"), "not JSON"));
  EXPECT_TRUE(has(fault("3"), "a member is missing; want `schema`"));
  EXPECT_TRUE(has(fault(R"({"schema": 2})"), "another schema; got 2; want 1"));
  EXPECT_TRUE(has(fault(R"({"schema": 1, "kind": "table"})"), "of another kind"));
  EXPECT_TRUE(has(fault(R"({"schema": 1, "kind": "bytes", "offset": 0})"), "want `factor`"));
  EXPECT_TRUE(has(fault(R"({"schema": 1, "kind": "bytes", "offset": "0", "factor": 1})"), "the wrong type"));
}

TEST(Samples, GatherCopiesTheRowsAskedForInTheirOrder) {
  Samples samples;
  samples.assign(2, std::vector<std::uint8_t>{0, 1, 10, 11, 254, 255});
  EXPECT_EQ(samples.size(), 3u);
  EXPECT_EQ(samples.features(), 2u);
  std::vector<float> out(6);
  const std::uint32_t rows[] = {2, 0, 2};
  samples.gather(rows, out);
  EXPECT_EQ(out, (std::vector<float>{254, 255, 0, 1, 254, 255}));
}

TEST(Samples, ScalingIsComputedInDoubleAndRoundedOnce) {
  const Scaling scaling{33.318421449829934, 1 / 78.56748998339798};
  Samples bytes, floats;
  std::vector<std::uint8_t> all(256);
  for (std::size_t i = 0; i < 256; ++i) all[i] = static_cast<std::uint8_t>(i);
  floats.assign(256, std::vector<float>(all.begin(), all.end()));
  bytes.assign(256, std::move(all));
  bytes.set_scaling(scaling);
  floats.set_scaling(scaling);
  std::vector<float> from_bytes(256), from_floats(256);
  const std::uint32_t first[] = {0};
  bytes.gather(first, from_bytes);
  floats.gather(first, from_floats);
  for (std::size_t i = 0; i < 256; ++i) {
    const double exact = (static_cast<double>(i) - scaling.offset) * scaling.factor;
    EXPECT_EQ(from_bytes[i], static_cast<float>(exact));
    EXPECT_EQ(from_floats[i], static_cast<float>(exact));
  }
}

TEST(Samples, GatherRefusesBeforeItWrites) {
  Samples samples;
  samples.assign(2, std::vector<std::uint8_t>{1, 2, 3, 4});
  std::vector<float> out(4, -1);
  const std::uint32_t beyond[] = {0, 2};
  const std::uint32_t fine[] = {0, 1};
  error_of(Code::usage, [&] { samples.gather(beyond, out); });
  error_of(Code::usage, [&] { samples.gather(fine, std::span(out).first(3)); });
  EXPECT_EQ(out, std::vector<float>(4, -1));
  samples.gather({}, {});
}

TEST(Samples, InputsMustBeWholeSamples) {
  Samples samples;
  error_of(Code::usage, [&] { samples.assign(2, std::vector<std::uint8_t>(3)); });
  error_of(Code::usage, [&] { samples.assign(0, std::vector<float>(3)); });
  error_of(Code::usage, [&] { samples.set_scaling({std::nan(""), 1}); });
  error_of(Code::usage, [&] { samples.set_scaling({0, std::numeric_limits<double>::infinity()}); });
}

// A path in the place of a source.
TEST(DatasetText, APathIsAnsweredByItsReader) {
  const TestFolder folder;
  const auto answer = [](const std::string& text) {
    return error_of(Code::usage, [&] { load_dataset(text, 0); });
  };
  const auto expect = [&](const std::string& text, const std::string& part) {
    EXPECT_NE(answer(text).find("did you mean `" + part + "`?"), std::string::npos) << answer(text);
  };
  expect("train.csv", "csv(train.csv)");
  expect("my train.csv.gz", "csv(\"my train.csv.gz\")");
  expect("a/b.npz", "npz(a/b.npz)");
  expect("b.npy", "npy(b.npy)");
  expect("heart.svm", "libsvm(heart.svm)");
  expect(folder.path().string(), "idx(" + folder.path().string() + ")");
  folder.write("table (1)", "a,b\n");
  const std::string there = (folder.path() / "table (1)").string();
  expect(there, "csv(\"" + there + "\")");
  for (const char* text : {"csv(my train.csv)", "csv(train (1).csv)", "csv(my train.csv, target=a)"})
    EXPECT_NE(answer(text).find("stands in quotes: \""), std::string::npos) << answer(text);
  EXPECT_NE(answer("csv(my train.csv)").find("\"my train.csv\""), std::string::npos);
  EXPECT_NE(answer("csv(train (1).csv, task=regress)").find("\"train (1).csv\""), std::string::npos);
}

}  // namespace
}  // namespace thalweg
