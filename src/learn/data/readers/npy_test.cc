#include "data/readers/npy.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "data/test_files.h"

namespace thalweg {
namespace {

using Floats = std::vector<float>;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string header_of(const std::string& descr, const std::string& shape, bool fortran = false) {
  return "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") +
         ", 'shape': " + shape + ", }";
}

// The bytes that numpy.save writes: the header is filled up with blanks to a multiple of 64.
std::string npy(std::string header, const std::string& elements, int version = 1) {
  const std::size_t fixed = version == 1 ? 10 : 12;
  header += std::string(63 - (fixed + header.size()) % 64, ' ') + "\n";
  std::string out = "\x93NUMPY" + std::string(1, static_cast<char>(version)) + std::string(1, '\0');
  for (std::size_t i = 0; i < fixed - 8; ++i) out += static_cast<char>(header.size() >> (8 * i));
  return out + header + elements;
}

template <class T>
std::string bytes_of(std::initializer_list<double> numbers, bool big = false) {
  std::string out;
  for (const double number : numbers) {
    const T value = static_cast<T>(number);
    std::string bytes(reinterpret_cast<const char*>(&value), sizeof(T));
    out += big ? std::string(bytes.rbegin(), bytes.rend()) : bytes;
  }
  return out;
}

class Npy : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string text(const std::string& options = "") const {
    return "npy(" + path("x.npy") + ", " + path("y.npy") + options + ")";
  }
  void write(const std::string& x, const std::string& y) const {
    folder_.write("x.npy", x);
    folder_.write("y.npy", y);
  }
  void write_targets(int n) const {
    std::string labels;
    for (int i = 0; i < n; ++i) labels += static_cast<char>(i % 2);
    folder_.write("y.npy", npy(header_of("|u1", "(" + std::to_string(n) + ",)"), labels));
  }
  Floats inputs(const std::string& x) const {
    folder_.write("x.npy", x);
    return inputs_of(load_all(text(", scale=none"), "").test);
  }
  std::string refusal(const std::string& x) const {
    folder_.write("x.npy", x);
    return error_of(Code::data, [&] { load_dataset(text(), 0); });
  }

  TestFolder folder_;
};

TEST_F(Npy, EveryTypeAndByteOrderIsRead) {
  write_targets(4);
  const auto check = [&]<class T>(T, const std::string& type, double negative) {
    const Floats want = {0, 1, 2, static_cast<float>(negative), 4, 5, 6, 100};
    for (const bool big : {false, true}) {
      const std::string order = sizeof(T) == 1 ? "|" : big ? ">" : "<";
      const std::string elements = bytes_of<T>({0, 1, 2, negative, 4, 5, 6, 100}, big);
      EXPECT_EQ(inputs(npy(header_of(order + type, "(4, 2)"), elements)), want) << order << type;
    }
  };
  check(float{}, "f4", -3.5);
  check(double{}, "f8", -3.5);
  check(std::int8_t{}, "i1", -3);
  check(std::int16_t{}, "i2", -300);
  check(std::int32_t{}, "i4", -70000);
  check(std::int64_t{}, "i8", -5e12);
  check(std::uint8_t{}, "u1", 255);
  check(std::uint16_t{}, "u2", 65535);
  check(std::uint32_t{}, "u4", 4e9);
  check(std::uint64_t{}, "u8", 1e19);
  EXPECT_EQ(inputs(npy(header_of("|b1", "(4,)"), std::string("\0\1\0\1", 4))), (Floats{0, 1, 0, 1}));
  EXPECT_EQ(inputs(npy(header_of("=i1", "(4, 1)"), std::string("\0\1\2\3", 4))), (Floats{0, 1, 2, 3}));
}

// As numpy reads them: zeros, ordinary and subnormal numbers, the largest, nan, which is missing.
TEST_F(Npy, HalfPrecisionIsRead) {
  write_targets(8);
  const std::string elements("\x00\x00\x00\x80\x00\x3c\x00\xc1\xff\x7b\xff\x03\x01\x00\x66\x2e", 16);
  const Floats want = {
      0, -0.0f, 1, -2.5, 65504, 6.0975551605224609375e-05f, 5.9604644775390625e-08f, 0.0999755859375f};
  EXPECT_EQ(inputs(npy(header_of("<f2", "(8,)"), elements)), want);
  std::string swapped = elements;
  for (std::size_t i = 0; i < swapped.size(); i += 2) std::swap(swapped[i], swapped[i + 1]);
  EXPECT_EQ(inputs(npy(header_of(">f2", "(8,)"), swapped)), want);
  write_targets(4);
  EXPECT_EQ(inputs(npy(header_of("<f2", "(4,)"), std::string("\0\x3c\0\x7e\0\x42\0\x42", 8))),
            (Floats{1, 7.0f / 3, 3, 3}));
  EXPECT_TRUE(
      has(refusal(npy(header_of("<f2", "(4,)"), std::string("\0\x3c\0\xfc\0\x42\0\x42", 8))), "not finite"));
}

TEST_F(Npy, WordsAreClassesAndNoInputs) {
  const std::string x = npy(header_of("<f4", "(6, 1)"), bytes_of<float>({1, 2, 3, 4, 5, 6}));
  const auto wide = [](std::initializer_list<std::u32string_view> words, std::size_t width, bool big) {
    std::string out;
    for (const std::u32string_view word : words) {
      for (std::size_t i = 0; i < width; ++i) {
        const std::uint32_t c = i < word.size() ? word[i] : 0;
        for (int byte = 0; byte < 4; ++byte) out += static_cast<char>(c >> (8 * (big ? 3 - byte : byte)));
      }
    }
    return out;
  };
  for (const bool big : {false, true}) {
    const std::string words =
        wide({U"ja", U"\u00df\u20ac\U0001f600", U"ja", U"ja", U"\u00df\u20ac\U0001f600", U""}, 3, big);
    write(x, npy(header_of(big ? ">U3" : "<U3", "(6,)"), words));
    const Dataset data = load_dataset(text(), 1);
    EXPECT_EQ(data.class_names, (std::vector<std::string>{"ja", "\xc3\x9f\xe2\x82\xac\xf0\x9f\x98\x80"}));
    EXPECT_EQ(data.train.size() + data.test.size(), 5u) << "an empty word is no target";
  }
  write(x, npy(header_of("|S2", "(6, 1)"), std::string("b\0a\0b\0a\0ccb\0", 12)));
  const Dataset bytes = load_dataset(text(", task=classify"), 1);
  EXPECT_EQ(bytes.class_names, (std::vector<std::string>{"a", "b", "cc"}));
  EXPECT_EQ(load_all(text(), bytes.encoding).test.labels, (std::vector<std::int32_t>{1, 0, 1, 0, 2, 1}));
  EXPECT_TRUE(
      has(error_of(Code::data, [&] { load_dataset(text(", task=regress"), 1); }), "the targets are words"));
  write(npy(header_of("|S2", "(6, 1)"), std::string("b\0a\0b\0a\0ccb\0", 12)), x);
  EXPECT_TRUE(has(error_of(Code::data, [&] { load_dataset(text(), 1); }), "the inputs are words; got `b`"));
  // Words that are numbers are the classes that they name.
  write(x, npy(header_of("|u1", "(6,)"), std::string("\1\2\1\2\1\2", 6)));
  const Dataset numbers = load_dataset(text(), 1);
  write(x, npy(header_of("|S1", "(6,)"), "122112"));
  EXPECT_EQ(load_all(text(), numbers.encoding).test.labels, (std::vector<std::int32_t>{0, 1, 1, 0, 0, 1}));
}

TEST_F(Npy, WordsAreNoValuesOfARegression) {
  const std::string x = npy(header_of("<f8", "(5, 1)"), bytes_of<double>({1, 2, 3, 4, 5}));
  write(x, npy(header_of("<f8", "(5,)"), bytes_of<double>({1.5, 2.5, 3.5, 4.5, 5.5})));
  const Dataset trained = load_dataset(text(), 1);
  write(x, npy(header_of("|S3", "(5,)"), "1.52.53.54.55.5"));
  EXPECT_TRUE(
      has(error_of(Code::data, [&] { load_to_judge(text(), trained.encoding); }), "the target `y` is words"));
  const Dataset all = load_all(text(), trained.encoding);
  EXPECT_EQ(all.test.size(), 5u);
  EXPECT_TRUE(all.test.values.empty());
}

TEST_F(Npy, LabelsThatDifferAsIntegersDiffer) {
  const auto labels = [](std::initializer_list<std::uint64_t> numbers) {
    std::string out;
    for (const std::uint64_t number : numbers) out.append(reinterpret_cast<const char*>(&number), 8);
    return out;
  };
  const std::uint64_t most = std::uint64_t{1} << 53;
  const std::string x = npy(header_of("<f4", "(4, 1)"), bytes_of<float>({1, 2, 3, 5}));
  for (const char* type : {"<i8", "<u8"}) {
    write(x, npy(header_of(type, "(4,)"), labels({most, most + 1, most, most + 1})));
    const Dataset data = load_all(text(), "");
    EXPECT_EQ(data.class_names, (std::vector<std::string>{"9007199254740992", "9007199254740993"})) << type;
    EXPECT_EQ(data.test.labels, (std::vector<std::int32_t>{0, 1, 0, 1}));
    write(x, npy(header_of(type, "(4,)"), labels({most + 1, most + 1, most, most})));
    EXPECT_EQ(load_all(text(), data.encoding).test.labels, (std::vector<std::int32_t>{1, 1, 0, 0}));
    EXPECT_EQ(load_all(text(", task=regress"), "").classes, 0u);
  }
  write(x, npy(header_of("<u8", "(4,)"), labels({UINT64_MAX, UINT64_MAX - 1, UINT64_MAX, UINT64_MAX - 1})));
  EXPECT_EQ(load_all(text(), "").class_names,
            (std::vector<std::string>{"18446744073709551614", "18446744073709551615"}));
  write(x, npy(header_of("<i8", "(4,)"), labels({7, 8, 7, 8})));
  EXPECT_EQ(load_all(text(), "").class_names, (std::vector<std::string>{"7", "8"}));
}

TEST_F(Npy, FortranOrderAndVersionsMakeNoDifference) {
  write_targets(2);
  const Floats want = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};  // of shape 2 x 3 x 2
  const std::string c = bytes_of<float>({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  const std::string fortran = bytes_of<float>({0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11});
  for (const int version : {1, 2, 3}) {
    EXPECT_EQ(inputs(npy(header_of("<f4", "(2, 3, 2)"), c, version)), want);
    EXPECT_EQ(inputs(npy(header_of("<f4", "(2, 3, 2)", true), fortran, version)), want);
  }
  EXPECT_EQ(inputs(gzip(npy(header_of("<f4", "(2, 3, 2)"), c))), want);
  EXPECT_EQ(inputs(npy("{\"shape\": (2L, 3, 2), 'fortran_order':False,'descr':'<f4'}", c)), want);
}

TEST_F(Npy, OtherHeadersAreRefused) {
  write_targets(2);
  const std::string good = header_of("<f4", "(2,)");
  const std::string elements = bytes_of<float>({0, 1});
  EXPECT_TRUE(has(refusal(npy(header_of("|O", "(2,)"), elements)), "Python objects is not read"));
  for (const char* type :
       {"<c8", "<M8[ns]", "<m8[D]", "|V2", "f", "", "<", "<f16", "i", "<U0", "|S", "|S-1"}) {
    EXPECT_TRUE(has(refusal(npy(header_of(type, "(2,)"), elements)), "of an unknown type")) << type;
  }
  EXPECT_TRUE(has(refusal(npy(header_of("<c8", "(1,)"), elements)), "complex numbers"));
  EXPECT_TRUE(has(refusal(npy(header_of("<M8[ns]", "(1,)"), elements)), "dates"));
  EXPECT_TRUE(
      has(refusal(npy("{'descr': [('a', '<f4'), ('b', '<f4')], 'fortran_order': False, 'shape': (1,)}",
                      elements)),
          "structured array"));
  for (const char* header :
       {"", "{", "{}", "{'descr': '<f4'}", "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': [2]}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1+1,)}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "__import__('os')"}) {
    EXPECT_TRUE(has(refusal(npy(header, elements)), "header")) << header;
  }
  EXPECT_TRUE(has(refusal("PK\3\4 something else"), "does not begin like a .npy file; got a ZIP archive"));
  EXPECT_TRUE(has(refusal("PK\3\4 x.npy"), "npz(" + path("x.npy") + ") reads it"));
  EXPECT_TRUE(has(refusal(std::string("\xfd\x37zXZ\0 and more", 15)), "`unxz -k " + path("x.npy") + "`"));
  EXPECT_TRUE(has(refusal(npy(good, elements, 4)), "another version; got 4.0"));
}

TEST_F(Npy, SizesMustFit) {
  write_targets(2);
  const std::string elements = bytes_of<float>({0, 1});
  EXPECT_TRUE(has(refusal(npy(header_of("<f4", "(3,)"), elements)), "fewer bytes than the shape requires"));
  EXPECT_TRUE(has(refusal(npy(header_of("<f4", "(1,)"), elements)), "something follows"));
  EXPECT_TRUE(
      has(refusal(npy(header_of("<f4", "(4294967296, 4294967296, 4294967296)"), elements)), "too many"));
  EXPECT_TRUE(has(refusal(npy(header_of("<f4", "(0,)"), "")), "empty or has no rows"));
  EXPECT_TRUE(has(refusal(npy(header_of("<f4", "()"), bytes_of<float>({0}))), "empty or has no rows"));
  EXPECT_TRUE(
      has(refusal(npy(header_of("<f4", "(1, 2)"), elements)), "as many targets as inputs; got 2; want 1"));
  const std::string whole = npy(header_of("<f4", "(2,)"), elements);
  for (std::size_t size = 0; size < whole.size(); ++size) refusal(whole.substr(0, size));
}

TEST_F(Npy, TargetsAreClassesOrColumnsOfNumbers) {
  std::string x, y;
  for (int i = 0; i < 20; ++i) {
    x += bytes_of<double>({i * 1.5});
    y += bytes_of<double>({i * 2.0, 7.0 - i});
  }
  write(npy(header_of("<f8", "(20,)"), x), npy(header_of("<f8", "(20, 2)"), y));
  const Dataset data = load_dataset(text(), 1);
  EXPECT_EQ(data.columns, 2u);
  EXPECT_EQ(data.target_names, (std::vector<std::string>{"y0", "y1"}));
  for (std::size_t i = 0; i < data.train.size(); ++i) {
    for (std::size_t j = 0; j < 2; ++j) {
      const Scaling& scaling = data.target_scaling[j];
      const double real = data.train.values[2 * i + j] / scaling.factor + scaling.offset;
      EXPECT_NEAR(real, j == 0 ? data.train.rows[i] * 2.0 : 7.0 - data.train.rows[i], 1e-5);
    }
  }
  EXPECT_EQ(inputs_of(load_dataset(text(), 1, data.encoding).test), inputs_of(data.test));
  const Dataset alone = load_all("npy(" + path("x.npy") + ")", data.encoding);
  EXPECT_EQ(alone.test.size(), 20u);
  EXPECT_TRUE(alone.test.values.empty());
  EXPECT_TRUE(
      has(error_of(Code::data, [&] { load_dataset("npy(" + path("x.npy") + ")", 1); }), "no targets"));
  write_targets(20);
  EXPECT_EQ(load_dataset(text(), 1).class_names, (std::vector<std::string>{"0", "1"}));
  EXPECT_TRUE(has(error_of(Code::data, [&] { load_dataset(text(), 1, data.encoding); }), "not shaped like"));
}

TEST_F(Npy, NamedTestArraysAreHeldOut) {
  write_targets(4);
  folder_.write("x.npy", npy(header_of("<f4", "(4,)"), bytes_of<float>({1, 2, 3, 4})));
  folder_.write("v.npy", npy(header_of("<f8", "(1, 1)"), bytes_of<double>({9})));
  folder_.write("w.npy", npy(header_of("<i8", "(1, 1)"), bytes_of<std::int64_t>({1})));
  const std::string options =
      ", scale=none, test_inputs=" + path("v.npy") + ", test_targets=" + path("w.npy");
  const Dataset data = load_dataset(text(options), 1);
  EXPECT_EQ(data.train.size(), 4u);
  EXPECT_EQ(inputs_of(data.test), Floats{9});
  EXPECT_EQ(data.test.labels, std::vector<std::int32_t>{1});
  EXPECT_EQ(error_of(Code::usage, [&] { load_dataset(text(", test_targets=" + path("w.npy")), 1); }).empty(),
            false);
}

TEST_F(Npy, NanIsMissingAndInfinityIsRefused) {
  write_targets(4);
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(inputs(npy(header_of("<f8", "(4,)"), bytes_of<double>({1, kNan, 3, 5}))), (Floats{1, 3, 3, 5}));
  const std::string message = refusal(
      npy(header_of("<f8", "(4,)"), bytes_of<double>({1, 2, -std::numeric_limits<double>::infinity(), 4})));
  EXPECT_TRUE(has(message, "x.npy, row 2: a number is not finite")) << message;
}

TEST(NpyOfNumpy, IsReadButForObjects) {
  const auto text = [](const std::string& name) {
    const std::string path = "\"" THALWEG_TESTS "/data/npy/" + name + "\"";
    return "npy(" + path + ", " + path + ", scale=none)";
  };
  for (const char* name : {"python3.npy", "win64python2.npy"}) {
    EXPECT_EQ(inputs_of(load_all(text(name), "").test), (Floats{1, 1}));
  }
  for (const char* name : {"py2-objarr.npy", "py3-objarr.npy"}) {
    EXPECT_TRUE(has(error_of(Code::data, [&] { load_all(text(name), ""); }), "Python objects is not read"));
  }
}

}  // namespace
}  // namespace thalweg
