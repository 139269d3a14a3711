#include "safetensors/safetensors.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/file.h"
#include "base/test_error.h"
#include "base/test_folder.h"

namespace thalweg {
namespace {

using Texts = std::map<std::string, std::string>;

std::string u64_text(std::uint64_t number) { return std::string(reinterpret_cast<const char*>(&number), 8); }

// The bytes of a file with this header and data, without padding.
std::string file_text(const std::string& header, const std::string& data = {}) {
  return u64_text(header.size()) + header + data;
}

Safetensors parse(const std::string& text) {
  const std::span bytes = std::as_bytes(std::span(text));
  return Safetensors("x.safetensors", {bytes.begin(), bytes.end()});
}

std::string refusal(const std::string& text) {
  return error_of(Code::data, [&] { parse(text); });
}

void expect_refusal(const std::string& text, const std::string& why) {
  const std::string message = refusal(text);
  EXPECT_NE(message.find(why), message.npos) << message << "\nwant: " << why;
  EXPECT_TRUE(message.starts_with("x.safetensors")) << message;
  EXPECT_LT(message.size(), 400U);
}

std::string tensor(const std::string& name, const std::string& type, const std::string& shape,
                   const std::string& offsets) {
  return "\"" + name + R"(":{"dtype":")" + type + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets +
         "}";
}

// A file of one tensor `w` of this shape and place, with four bytes of data.
std::string one(const std::string& shape, const std::string& offsets) {
  return file_text("{" + tensor("w", "F32", shape, offsets) + "}", "abcd");
}

template <class T>
std::vector<T> values(const StoredTensor& stored) {
  std::vector<T> out(stored.bytes.size() / sizeof(T));
  std::memcpy(out.data(), stored.bytes.data(), stored.bytes.size());
  return out;
}

template <class T>
StoredTensor stored(ElementType type, const Shape& shape, const std::vector<T>& elements) {
  return {type, shape, std::as_bytes(std::span(elements))};
}

TEST(Safetensors, ReadsAFileOfAnotherTool) {
  const Safetensors file(std::string(THALWEG_TESTS) + "/data/interop/multi_layer.safetensors");
  EXPECT_TRUE(file.metadata().empty());
  EXPECT_FALSE(file.verified());
  ASSERT_EQ(file.tensors().size(), 9U);
  const StoredTensor& tracked = file.tensors().find("norm1.num_batches_tracked")->second;
  EXPECT_EQ(tracked.type, ElementType::i64);
  EXPECT_EQ(tracked.shape, Shape{});
  EXPECT_EQ(values<std::int64_t>(tracked), std::vector<std::int64_t>{1});
  const StoredTensor& weight = file.tensors().find("conv1.weight")->second;
  EXPECT_EQ(weight.shape, (Shape{4, 3, 3, 3}));
  EXPECT_EQ(values<float>(weight)[0], 0.09916245192289352F);
  EXPECT_EQ(values<float>(weight)[2], -0.03730865940451622F);
  const std::vector<float> dense = values<float>(file.tensors().find("fc1.weight")->second);
  ASSERT_EQ(dense.size(), 4096U);
  EXPECT_DOUBLE_EQ(std::accumulate(dense.begin(), dense.end(), 0.0), -3.8182605504989624);
  EXPECT_EQ(values<float>(file.tensors().find("norm1.weight")->second), (std::vector<float>{1, 1, 1, 1}));
}

TEST(Safetensors, AcceptsWhatTheFormatAllows) {
  EXPECT_TRUE(parse(file_text("{}")).tensors().empty());
  EXPECT_TRUE(parse(file_text("{}      ")).tensors().empty());
  EXPECT_EQ(parse(file_text(R"({"__metadata__":{"a":"b","":""}})")).metadata(),
            (Texts{{"a", "b"}, {"", ""}}));
  EXPECT_EQ(parse(one("[]", "[0,4]")).tensors().find("w")->second.shape, Shape{});
  const std::string empty = tensor("e", "F64", "[3,0]", "[4,4]") + "," + tensor("f", "U8", "[0]", "[0,0]");
  const std::string order = tensor("w", "F16", "[2]", "[0,4]") + "," + empty;
  const Safetensors file = parse(file_text("{" + order + R"(,"__metadata__":{}})", "abcd"));
  EXPECT_EQ(file.tensors().size(), 3U);
  EXPECT_EQ(file.tensors().find("e")->second.shape, (Shape{3, 0}));
  const std::string bits = tensor("w", "F4", "[2,4]", "[0,4]");
  EXPECT_EQ(element_bits(parse(file_text("{" + bits + "}", "abcd")).tensors().begin()->second.type), 4U);
  const std::string escaped = tensor(R"(\u00e9\"\n)", "I32", "[1]", "[0,4]");
  EXPECT_TRUE(parse(file_text("{" + escaped + "}", "abcd")).tensors().contains("\u00e9\"\n"));
}

TEST(Safetensors, KnowsEveryType) {
  for (std::size_t i = 0; i <= static_cast<std::size_t>(ElementType::u64); ++i) {
    const ElementType type = static_cast<ElementType>(i);
    const std::string data(element_bits(type), 'x');  // of eight elements
    const std::string place = "[0," + std::to_string(data.size()) + "]";
    const std::string name(element_name(type));
    EXPECT_EQ(parse(file_text("{" + tensor("w", name, "[8]", place) + "}", data)).tensors().at("w").type,
              type);
  }
}

TEST(Safetensors, RefusesBadFrames) {
  expect_refusal("", "the file is truncated; got 0 bytes");
  expect_refusal("1234567", "the file is truncated; got 7 bytes");
  expect_refusal(u64_text(0), "byte 8: the header does not begin with `{`");
  expect_refusal(u64_text(3) + "{}", "the header reaches beyond the file; got 3 bytes; want at most 2");
  expect_refusal(u64_text(100'000'001) + "{}", "the length of the header is invalid");
  expect_refusal(u64_text(100'000'000) + "{}", "the header reaches beyond the file");
  expect_refusal(u64_text(UINT64_MAX) + "{}", "the length of the header is invalid");
  expect_refusal(file_text(" {}"), "does not begin with `{`");
  expect_refusal(file_text("\xef\xbb\xbf{}"), "does not begin with `{`");
  expect_refusal(file_text("[]"), "does not begin with `{`");
  expect_refusal(file_text("{}", "x"), "bytes after the last tensor; got 1 byte of elements; want 0");
  const std::string whole = one("[1]", "[0,4]");
  for (std::size_t size = 0; size < whole.size(); ++size) expect_refusal(whole.substr(0, size), "");
}

TEST(Safetensors, RefusesWhatIsNoJson) {
  for (const std::string header :
       {"{", "{\"a\"", "{]", "{}}", "{} x", "{'a':1}", "{\"a\":}", "{,}", "{\"__metadata__\":{\"a\":\"b\",}}",
        "{/**/}", "{\"a\":nul}", "{\"__metadata__\":{\"a\":\"\n\"}}", "{\"__metadata__\":{\"a\":\"\\x\"}}",
        "{\"__metadata__\":{\"a\":\"\\ud800\"}}"}) {
    expect_refusal(file_text(header), "the header is not JSON");
  }
  // No UTF-8: a stray byte, an overlong form, a surrogate, beyond U+10FFFF, cut short.
  for (const std::string text :
       {"\xff", "\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
    expect_refusal(file_text("{\"__metadata__\":{\"a\":\"" + text + "\"}}"), "the header is not JSON");
    expect_refusal(file_text("{\"" + text + "\":{}}"), "the header is not JSON");
  }
  expect_refusal(file_text(std::string("{}\0{", 4)), "byte 10: a zero byte in the header");
  expect_refusal(file_text("{" + std::string(100'000, 'x')), "x.safetensors, byte 9: the header is not JSON");
}

TEST(Safetensors, RefusesOtherKindsOfValues) {
  for (const std::string value : {"1", "-1", "1.5", "null", "true", "\"x\"", "[]"}) {
    expect_refusal(file_text("{\"w\":" + value + "}"), "header: a value of the wrong kind");
    expect_refusal(file_text("{\"__metadata__\":" + value + "}"), "want an object for each name");
  }
  for (const std::string value : {"1", "-1", "1.5", "null", "true", "{}", "[]"}) {
    expect_refusal(file_text("{\"__metadata__\":{\"k\":" + value + "}}"),
                   "metadata, `k`: a value of the wrong kind");
    expect_refusal(file_text("{\"w\":{\"dtype\":" + value + "}}"),
                   "tensor `w`, `dtype`: a value of the wrong kind");
  }
  for (const std::string value : {"1", "\"x\"", "{}", "null", "[-1]", "[-0]", "[1.0]", "[1e2]", "[\"1\"]",
                                  "[null]", "[[1]]", "[{}]", "[true]", "[18446744073709551616]"}) {
    expect_refusal(one(value, "[0,4]"), "tensor `w`, `shape`: ");
    expect_refusal(one("[1]", value), "tensor `w`, `data_offsets`: ");
  }
  expect_refusal(one("[9223372036854775808]", "[0,4]"),
                 "`shape`: a value of the wrong kind; got 9223372036854775808");
  for (const std::string value : {"[]", "[0]", "[0,4,4]"})
    expect_refusal(one("[1]", value), "`data_offsets`: ");
}

TEST(Safetensors, RefusesOtherKeys) {
  expect_refusal(file_text(R"({"w":{"dtype":"F31"}})"), "unknown type of elements; got `F31`");
  expect_refusal(file_text(R"({"w":{"dtype":"f32"}})"), "unknown type of elements; got `f32`");
  expect_refusal(file_text(R"({"w":{"type":"F32"}})"), "unknown key; got `type`");
  expect_refusal(file_text(R"({"w":{}})"), "tensor `w`: `dtype` is missing");
  expect_refusal(file_text(R"({"w":{"dtype":"F32","data_offsets":[0,0]}})"),
                 "tensor `w`: `shape` is missing");
  expect_refusal(file_text(R"({"w":{"dtype":"F32","shape":[0]}})"), "tensor `w`: `data_offsets` is missing");
  expect_refusal(file_text(R"({"w":{"dtype":"F32","dtype":"F32"}})"), "the key `dtype` occurs twice");
  expect_refusal(file_text(R"({"__metadata__":{"a":"1","a":"1"}})"), "metadata: the key `a` occurs twice");
  expect_refusal(file_text(R"({"__metadata__":{},"__metadata__":{}})"),
                 "the key `__metadata__` occurs twice");
  const std::string w = tensor("w", "F32", "[1]", "[0,4]");
  expect_refusal(file_text("{" + w + "," + w + "}", "abcd"), "the key `w` occurs twice");
  const std::string escaped = tensor("\\u0077", "F32", "[1]", "[0,4]");
  expect_refusal(file_text("{" + w + "," + escaped + "}", "abcd"), "the key `w` occurs twice");
}

TEST(Safetensors, RefusesHolesOverlapsAndSizes) {
  const auto two = [](const std::string& first, const std::string& second) {
    return file_text("{" + tensor("a", "U8", "[2]", first) + "," + tensor("b", "U8", "[2]", second) + "}",
                     "abcd");
  };
  EXPECT_EQ(parse(two("[2,4]", "[0,2]")).tensors().size(), 2U);
  expect_refusal(two("[0,2]", "[1,3]"),
                 "tensor `b`: its elements overlap those of another; got 1 to 3; want from 2");
  expect_refusal(two("[0,2]", "[0,2]"), "its elements overlap those of another");
  expect_refusal(two("[0,2]", "[3,5]"), "tensor `b`: a hole before its elements; got 3 to 5; want from 2");
  expect_refusal(two("[1,3]", "[3,5]"), "tensor `a`: a hole before its elements");
  expect_refusal(one("[1]", "[0,3]"), "its place does not fit its shape; got 0 to 3 for F32 1; want 4 bytes");
  expect_refusal(one("[1]", "[0,18446744073709551615]"), "its place does not fit its shape");
  expect_refusal(one("[1]", "[4,0]"), "a hole before its elements");
  expect_refusal(one("[0]", "[0,0]"), "bytes after the last tensor; got 4 bytes of elements; want 0");
  expect_refusal(one("[2]", "[0,8]"), "tensor `w`: the file is truncated; got 4 bytes; want 8 bytes");
  // Products that are 2^64 times something: of sizes, and of the bits of an element.
  for (const std::string shape :
       {"[4294967296,4294967296]", "[4611686018427387904,4,1]", "[288230376151711744,2]",
        "[9223372036854775807,2]", "[4294967296,4294967296,0]"}) {
    expect_refusal(one(shape, "[0,4]"), "its place does not fit its shape");
    expect_refusal(one(shape, "[0,0]"), "want a whole number of bytes below 2^64");
  }
  expect_refusal(file_text("{" + tensor("w", "F6_E2M3", "[5]", "[0,4]") + "}", "abcd"),
                 "a whole number of bytes");
}

TEST(Safetensors, RefusesFloodsWithoutHoldingThem) {
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  expect_refusal(file_text("{\"w\":" + std::string(1'000'000, '[')), "a value of the wrong kind; got a list");
  std::string nested;
  for (int i = 0; i < 100'000; ++i) nested += "{\"a\":";
  expect_refusal(file_text(nested), "tensor `a`: unknown key");
  expect_refusal(one("[" + std::string(1'000'000, '9') + "]", "[0,4]"),
                 "tensor `w`, `shape`: a value of the wrong kind; got `9999");
  expect_refusal(file_text("{\"" + std::string(1'000'000, 'n') + "\":1}"),
                 "header: a value of the wrong kind");
  std::string ones = "1";
  for (int i = 0; i < 100'000; ++i) ones += ",1";
  expect_refusal(one("[" + ones + "]", "[0,4]"), "too many axes; want at most 64");
  std::string texts;
  for (int i = 0; i < 70'000; ++i) texts += "\"" + std::to_string(i) + "\":\"\",";
  expect_refusal(file_text("{\"__metadata__\":{" + texts + "}}"), "too many keys; want at most 65536");
  getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 64 * 1024) << "kilobytes";
}

TEST(Safetensors, WritesWhatItReads) {
  const TestFolder folder;
  const std::vector<float> f{1.5F, -2, 0};
  const std::vector<double> d{1e300};
  const std::vector<std::uint64_t> u{UINT64_MAX};
  const std::vector<std::uint8_t> bytes{1, 2, 3};
  const StoredTensors tensors{{"z", stored(ElementType::f32, {3, 1}, f)},
                              {"b \"\n\u00e9", stored(ElementType::f64, {}, d)},
                              {"a", stored(ElementType::f64, {2, 0}, std::vector<double>())},
                              {"m", stored(ElementType::u8, {3}, bytes)},
                              {"k", stored(ElementType::u64, {1}, u)}};
  const std::filesystem::path path = folder.path() / "x.safetensors";
  write_safetensors(path, tensors,
                    {{"note", "two\nlines \\ufffd \\"}, {"\"checksum", "0000"}, {"checksum", "?"}});

  const Safetensors file(path);
  EXPECT_TRUE(file.verified());
  EXPECT_EQ(file.metadata().at("note"), "two\nlines \\ufffd \\");
  EXPECT_EQ(file.metadata().at("\"checksum"), "0000");
  EXPECT_EQ(file.metadata().at("checksum").size(), 16U);
  ASSERT_EQ(file.tensors().size(), tensors.size());
  for (const auto& [name, want] : tensors) {
    const StoredTensor& got = file.tensors().find(name)->second;
    EXPECT_EQ(got.type, want.type) << name;
    EXPECT_EQ(got.shape, want.shape) << name;
    EXPECT_TRUE(std::ranges::equal(got.bytes, want.bytes)) << name;
    const std::size_t size = element_bits(got.type) / 8;
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(got.bytes.data()) % size, 0U) << name;
  }
  EXPECT_LT(file.tensors().at("k").bytes.data(), file.tensors().at("b \"\n\u00e9").bytes.data());
  EXPECT_LT(file.tensors().at("z").bytes.data(), file.tensors().at("m").bytes.data());
}

TEST(Safetensors, WritesPlainJsonBeforeAlignedData) {
  const TestFolder folder;
  const std::filesystem::path path = folder.path() / "x.safetensors";
  const std::vector<float> f{1, 2};
  for (std::size_t extra = 0; extra < 9; ++extra) {
    const Texts metadata{{"k", std::string(extra, 'x')}};
    write_safetensors(path, {{"w", stored(ElementType::f32, {2}, f)}}, metadata);
    const std::string text = read_text_file(path);
    std::uint64_t length = 0;
    std::memcpy(&length, text.data(), 8);
    EXPECT_EQ(length % 8, 0U);
    EXPECT_EQ(text.size(), 8 + length + 8);
    const nlohmann::json json = nlohmann::json::parse(text.substr(8, length));
    EXPECT_EQ(json["w"]["dtype"], "F32");
    EXPECT_EQ(json["w"]["data_offsets"], (std::vector<int>{0, 8}));
    EXPECT_EQ(json["__metadata__"]["k"], metadata.at("k"));
  }
}

TEST(Safetensors, ChecksumIsTwoCrcs) {
  const TestFolder folder;
  const std::filesystem::path path = folder.path() / "x.safetensors";
  const std::vector<float> f{1, 2};
  write_safetensors(path, {{"w", stored(ElementType::f32, {2}, f)}}, {});
  std::string text = read_text_file(path);
  const std::string digits = text.substr(39, 16);
  text.replace(39, 16, 16, '0');
  const auto crc = [&](std::size_t begin, std::size_t end) {
    return ::crc32(0, reinterpret_cast<const Bytef*>(text.data()) + begin, static_cast<uInt>(end - begin));
  };
  const std::size_t data = text.size() - 8;
  EXPECT_EQ(std::stoul(digits.substr(0, 8), nullptr, 16), crc(8, data));
  EXPECT_EQ(std::stoul(digits.substr(8), nullptr, 16), crc(data, text.size()));
  expect_refusal(text, "the header does not match its checksum");
}

TEST(Safetensors, RefusesAnotherChecksum) {
  expect_refusal(file_text(R"({"__metadata__":{"checksum":"0123456789abcdef"}})"),
                 "a checksum of another kind");
  expect_refusal(file_text(R"({"__metadata__": {"checksum": "sha256:12"}})"), "a checksum of another kind");
  expect_refusal(file_text(R"({"__metadata__": {"checksum": "\u0030123456789abcde"}})"),
                 "a checksum of another kind");
  expect_refusal(file_text(R"({"__metadata__": {"checksum": "0123456789abcdef"}})"),
                 "does not match its checksum");
}

TEST(Safetensors, RefusesToWriteWhatNobodyCouldRead) {
  const TestFolder folder;
  const std::filesystem::path path = folder.path() / "x.safetensors";
  const std::vector<float> f{1, 2};
  const StoredTensor w = stored(ElementType::f32, {2}, f);
  const auto refuses = [&](const StoredTensors& tensors, const Texts& metadata, const std::string& why) {
    const std::string message = error_of(Code::usage, [&] { write_safetensors(path, tensors, metadata); });
    EXPECT_NE(message.find(why), message.npos) << message;
    EXPECT_FALSE(std::filesystem::exists(path));
  };
  refuses({{"__metadata__", w}}, {}, "the name of the metadata");
  refuses({{"\xff", w}}, {}, "not UTF-8");
  refuses({}, {{"\xc0\xaf", ""}}, "not UTF-8");
  refuses({}, {{"k", "\\\xff"}}, "not UTF-8");
  refuses({{"w", stored(ElementType::f32, {3}, f)}}, {}, "invalid shape; got F32 3 in 8 bytes");
  refuses({{"w", stored(ElementType::f32, {-2, -1}, f)}}, {}, "invalid shape");
  refuses({{"w", stored(ElementType::f32, Shape(65, 1), f)}}, {}, "invalid shape");
  const std::string message = error_of(Code::resource, [&] { write_safetensors(path / "no" / "x", {}, {}); });
  EXPECT_NE(message.find("bytes"), message.npos) << message;
}

}  // namespace
}  // namespace thalweg
