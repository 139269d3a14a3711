#include <gtest/gtest.h>

#include <cstring>

#include "data/test_files.h"
#include "files/test_gzip.h"
#include "files/test_zstd.h"

namespace thalweg {
namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

template <class T>
std::string bytes_of(const std::vector<T>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(T)};
}

struct Stored {
  std::string name, type, shape;
  std::string bytes;
};

// By the description of the format.
std::string file_of(const std::vector<Stored>& tensors) {
  std::string header = "{", elements;
  for (const Stored& one : tensors) {
    const std::size_t end = elements.size() + one.bytes.size();
    header += (header.size() > 1 ? "," : "") + ("\"" + one.name + "\":{\"dtype\":\"" + one.type) +
              "\",\"shape\":[" + one.shape + "],\"data_offsets\":[" + std::to_string(elements.size()) + "," +
              std::to_string(end) + "]}";
    elements += one.bytes;
  }
  header += "}";
  return bytes_of(std::vector<std::uint64_t>{header.size()}) + header + elements;
}

class SafetensorsTest : public ::testing::Test {
 protected:
  std::string put(const std::string& bytes, const std::string& options = "") const {
    folder_.write("data.safetensors", bytes);
    return "safetensors(\"" + (folder_.path() / "data.safetensors").string() + "\"" + options + ")";
  }
  std::string put(const std::vector<Stored>& tensors, const std::string& options = "") const {
    return put(file_of(tensors), options);
  }
  std::string fault(const std::string& text) const {
    return error_of(Code::data, [&] { load_dataset(text, 1); });
  }

 private:
  TestFolder folder_;
};

const Stored kLabels{"y", "I64", "4", bytes_of<std::int64_t>({0, 1, 0, 1})};

TEST_F(SafetensorsTest, EveryTypeOfNumberIsRead) {
  const std::vector<float> want = {1, 2, 3, 4, 5, 6, 7, 0};
  const auto expect = [&](const std::string& type, const std::string& bytes,
                          const std::vector<float>& numbers) {
    const std::string source = put({{"x", type, "4, 2", bytes}, kLabels}, ", task=classify, scale=none");
    EXPECT_EQ(plain_inputs(source), numbers) << type;
  };
  expect("F32", bytes_of<float>({1, 2, 3, 4, 5, 6, 7, 0}), want);
  expect("F64", bytes_of<double>({1, 2, 3, 4, 5, 6, 7, 0}), want);
  expect("U8", bytes_of<std::uint8_t>({1, 2, 3, 4, 5, 6, 7, 0}), want);
  expect("I64", bytes_of<std::int64_t>({1, 2, 3, 4, 5, 6, 7, 0}), want);
  expect("I16", bytes_of<std::int16_t>({1, 2, 3, 4, -5, 6, 7, 0}), {1, 2, 3, 4, -5, 6, 7, 0});
  expect("F16", bytes_of<std::uint16_t>({0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600, 0x4700, 0}), want);
  expect("BF16", bytes_of<std::uint16_t>({0x3f80, 0x4000, 0x4040, 0x4080, 0x40a0, 0x40c0, 0x40e0, 0}), want);
  expect("BOOL", bytes_of<std::uint8_t>({1, 0, 1, 1, 0, 1, 1, 0}), {1, 0, 1, 1, 0, 1, 1, 0});
}

TEST_F(SafetensorsTest, TensorsHaveTheNamesThatTheyAreGiven) {
  const std::vector<Stored> tensors = {{"pixels", "F32", "4, 1", bytes_of<float>({1, 2, 3, 4})},
                                       {"kind", "U8", "4", bytes_of<std::uint8_t>({0, 1, 0, 1})},
                                       {"x_test", "F32", "1, 1", bytes_of<float>({9})},
                                       {"y_test", "U8", "1", bytes_of<std::uint8_t>({1})}};
  const Dataset data = load_dataset(
      put(tensors, ", x=pixels, y=kind, test_x=x_test, test_y=y_test, task=classify, scale=none"), 1);
  EXPECT_EQ(inputs_of(data.train), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(data.train.labels, (std::vector<std::int32_t>{0, 1, 0, 1}));
  EXPECT_EQ(inputs_of(data.test), (std::vector<float>{9}));
  EXPECT_TRUE(has(fault(put(tensors, ", x=pixel, y=kind")), "did you mean `pixels`?"));
  EXPECT_TRUE(has(fault(put(tensors, ", y=kind")), "none of the arrays has a usual name of inputs"));
}

TEST_F(SafetensorsTest, PackedFilesAreTheSame) {
  const std::string plain = file_of({{"x", "F32", "4, 1", bytes_of<float>({1, 2, 3, 4})}, kLabels});
  const std::vector<float> want = plain_inputs(put(plain, ", scale=none"));
  EXPECT_EQ(plain_inputs(put(gzip(plain), ", scale=none")), want);
  EXPECT_EQ(plain_inputs(put(zstd(plain), ", scale=none")), want);
  EXPECT_EQ(want, (std::vector<float>{1, 2, 3, 4}));
}

TEST_F(SafetensorsTest, WhatIsNotReadIsTold) {
  EXPECT_TRUE(has(fault(put({{"x", "F8_E4M3", "4", "abcd"}, kLabels})), "got F8_E4M3; want F16"));
  EXPECT_TRUE(has(fault(put({{"x", "F32", "", "abcd"}, kLabels})), "no rows"));
  EXPECT_TRUE(has(fault(put({{"x", "F32", "0, 3", ""}, kLabels})), "no rows"));
  fault(put(std::vector<Stored>{}));
  fault(put("no safetensors"));
  const std::string whole = file_of({{"x", "F32", "4, 1", bytes_of<float>({1, 2, 3, 4})}, kLabels});
  for (std::size_t size = 0; size < whole.size(); ++size) fault(put(whole.substr(0, size)));
}

}  // namespace
}  // namespace thalweg
