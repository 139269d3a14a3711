#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <numeric>
#include <random>

#include "data/encoding.h"
#include "data/test_files.h"
#include "thalweg/dataset.h"

namespace thalweg {
namespace {

const char* const kTrainImages = "train-images-idx3-ubyte";
const char* const kTrainLabels = "train-labels-idx1-ubyte";
const char* const kTestImages = "t10k-images-idx3-ubyte";
const char* const kTestLabels = "t10k-labels-idx1-ubyte";

std::string big_endian(std::uint32_t number) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift);
  return out;
}

std::string idx(std::vector<std::uint32_t> dims, const std::string& bytes) {
  std::string out = big_endian(0x0800 + static_cast<std::uint32_t>(dims.size()));
  for (const std::uint32_t dim : dims) out += big_endian(dim);
  return out + bytes;
}

// Bytes first, first + 1, ...
std::string ramp(std::size_t n, int first = 0) {
  std::string out(n, '\0');
  std::iota(out.begin(), out.end(), static_cast<char>(first));
  return out;
}

// Three training images of 2 x 2 with labels 0 4 1, one test image with label 2.
class Idx : public testing::Test {
 protected:
  Idx() {
    folder_.write(kTrainImages, idx({3, 2, 2}, ramp(12)));
    folder_.write(kTrainLabels, idx({3}, std::string("\0\4\1", 3)));
    folder_.write(kTestImages, idx({1, 2, 2}, ramp(4, 100)));
    folder_.write(kTestLabels, idx({1}, "\2"));
  }

  std::string text(const std::string& more = "") const {
    return "idx(" + folder_.path().string() + more + ")";
  }
  void remove(const std::string& name) const { std::filesystem::remove(folder_.path() / name); }

  // The error that loading throws now; it must be about data and name `place` of the file.
  std::string refusal(const std::string& name, const std::string& place = "") const {
    const std::string message = error_of(Code::data, [this] { load_dataset(text(), 0); });
    EXPECT_TRUE(message.starts_with((folder_.path() / name).string() + place)) << message;
    return message;
  }

  TestFolder folder_;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_F(Idx, ReadsFourFiles) {
  const Dataset data = load_dataset(text(", scale=none"), 0);
  EXPECT_EQ(data.text, text(", scale=none"));
  EXPECT_EQ(data.sample, Shape{4});
  EXPECT_EQ(data.classes, 5u);
  EXPECT_EQ(read_scaling(data.encoding), Scaling{});
  EXPECT_EQ(data.train.labels, (std::vector<std::int32_t>{0, 4, 1}));
  EXPECT_EQ(data.train.rows, (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_EQ(data.test.labels, std::vector<std::int32_t>{2});
  EXPECT_EQ(inputs_of(data.train), (std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
  EXPECT_EQ(inputs_of(data.test), (std::vector<float>{100, 101, 102, 103}));
}

TEST_F(Idx, AllRowsAreThoseOfBothPairsByTheEncodingGiven) {
  const Dataset data = load_all(text(), print_encoding(Scaling{10, 0.5}));
  EXPECT_EQ(data.train.size(), 0u);
  EXPECT_EQ(data.test.labels, (std::vector<std::int32_t>{0, 4, 1, 2}));
  EXPECT_EQ(data.test.rows, (std::vector<std::uint32_t>{0, 1, 2, 3}));
  EXPECT_EQ(inputs_of(data.test)[0], -5);
  EXPECT_EQ(inputs_of(data.test)[15], 46.5f);
}

TEST_F(Idx, ClassesCountTheTestPartToo) {
  folder_.write(kTestLabels, idx({1}, "\xff"));
  EXPECT_EQ(load_dataset(text(), 0).classes, 256u);
}

TEST_F(Idx, LabelsThatNoImageHasAreTold) {
  EXPECT_EQ(load_dataset(text(), 0).notes,
            std::vector<std::string>{"1 of the 5 classes are empty: no image has the label 3"});
  folder_.write(kTrainLabels, idx({3}, "\1\3\4"));
  EXPECT_EQ(load_dataset(text(), 0).notes,
            std::vector<std::string>{"1 of the 5 classes are empty: no image has the label 0"});
  folder_.write(kTrainLabels, idx({3}, std::string("\0\3\1", 3)));
  EXPECT_EQ(load_dataset(text(), 0).notes, std::vector<std::string>());
}

// As EMNIST names them: several data sets in a folder, the held-out part called test.
TEST_F(Idx, NamesMayBeginWithThatOfTheDataSet) {
  const auto put = [&](const std::string& prefix, int first) {
    folder_.write(prefix + "train-images-idx3-ubyte.gz", gzip(idx({3, 2, 2}, ramp(12, first))));
    folder_.write(prefix + "train-labels-idx1-ubyte.gz", gzip(idx({3}, std::string("\0\1\2", 3))));
    folder_.write(prefix + "test-images-idx3-ubyte", idx({1, 2, 2}, ramp(4, 100)));
    folder_.write(prefix + "test-labels-idx1-ubyte.gz", gzip(idx({1}, "\2")));
  };
  const auto first_pixel = [&](const std::string& more) {
    return inputs_of(load_dataset(text(", scale=none" + more), 0).train)[0];
  };
  put("emnist-letters-", 40);
  EXPECT_EQ(first_pixel(""), 0) << "names without a prefix come first";
  EXPECT_EQ(first_pixel(", prefix=emnist-letters"), 40);
  for (const char* name : {kTrainImages, kTrainLabels, kTestImages, kTestLabels}) remove(name);
  EXPECT_EQ(first_pixel(""), 40);
  EXPECT_EQ(load_dataset(text(", scale=none"), 0).test.labels, std::vector<std::int32_t>{2});
  put("emnist-digits-", 50);
  EXPECT_EQ(first_pixel(", prefix=emnist-digits-"), 50);
  const std::string several = error_of(Code::data, [this] { load_dataset(text(), 0); });
  EXPECT_TRUE(has(several, "several data sets; want emnist-digits-, emnist-letters-; prefix=")) << several;
  const std::string unknown =
      error_of(Code::data, [this] { load_dataset(text(", prefix=emnist-balanced"), 0); });
  EXPECT_TRUE(has(unknown, "no file of images begins with `emnist-balanced`; want emnist-digits-,"))
      << unknown;
}

TEST_F(Idx, UnitIsADivisionBy255) {
  EXPECT_EQ(inputs_of(load_dataset(text(", scale=unit"), 0).test)[3], static_cast<float>(103 * (1.0 / 255)));
}

TEST_F(Idx, StandardHasMeanZeroAndDeviationOneOnTheTrainingPart) {
  const Dataset data = load_dataset(text(), 0);
  EXPECT_EQ(data.text, text());
  EXPECT_EQ(read_scaling(data.encoding).offset, 5.5);
  EXPECT_DOUBLE_EQ(read_scaling(data.encoding).factor,
                   1 / std::sqrt(143.0 / 12));  // (n^2 - 1) / 12 for 0 .. n-1
  EXPECT_EQ(inputs_of(data.test)[0], static_cast<float>((100 - 5.5) * read_scaling(data.encoding).factor));
}

TEST_F(Idx, EqualPixelsBecomeZero) {
  folder_.write(kTrainImages, idx({3, 2, 2}, std::string(12, '\7')));
  EXPECT_EQ(inputs_of(load_dataset(text(), 0).train), std::vector<float>(12, 0));
}

TEST_F(Idx, ReadsGzipAndBothSpellingsAndRows) {
  const std::vector<float> want = inputs_of(load_dataset(text(), 0).train);
  remove(kTrainImages);
  folder_.write(std::string(kTrainImages) + ".gz", gzip(idx({3, 2, 2}, ramp(12))));
  EXPECT_EQ(inputs_of(load_dataset(text(), 0).train), want);
  remove(std::string(kTrainImages) + ".gz");
  remove(kTrainLabels);
  folder_.write("train-images.idx3-ubyte", idx({3, 2, 2}, ramp(12)));
  folder_.write("train-labels.idx1-ubyte.gz", gzip(idx({3}, ramp(3))));
  EXPECT_EQ(inputs_of(load_dataset(text(), 0).train), want);
  remove("train-images.idx3-ubyte");
  remove(kTestImages);
  folder_.write("train-images-idx2-ubyte", idx({3, 4}, ramp(12)));
  folder_.write("t10k-images-idx2-ubyte", idx({1, 4}, ramp(4)));
  EXPECT_EQ(inputs_of(load_dataset(text(), 0).train), want);
}

TEST_F(Idx, PathIsMadeAbsoluteNormalAndQuoted) {
  const std::string plain = folder_.path().string();
  EXPECT_EQ(load_dataset("idx(" + plain + "/../" + folder_.path().filename().string() + "/./)", 0).text,
            text());
  const std::string relative = std::filesystem::relative(folder_.path()).string();
  EXPECT_EQ(load_dataset("idx(folder=" + relative + ", scale=standard)", 0).text, text());
  std::filesystem::create_directory(folder_.path() / "a (b)");
  for (const char* name : {kTrainImages, kTrainLabels, kTestImages, kTestLabels}) {
    std::filesystem::copy_file(folder_.path() / name, folder_.path() / "a (b)" / name);
  }
  const std::string odd = "idx(\"" + plain + "/a (b)\")";
  EXPECT_EQ(load_dataset(odd, 0).text, odd);
}

TEST_F(Idx, MissingFolderOrFileIsNamed) {
  const std::string nowhere = (folder_.path() / "nowhere").string();
  EXPECT_TRUE(
      has(error_of(Code::data, [&] { load_dataset("idx(" + nowhere + ")", 0); }), nowhere + ": does not"));
  const std::string file = (folder_.path() / kTrainImages).string();
  EXPECT_TRUE(has(error_of(Code::data, [&] { load_dataset("idx(" + file + ")", 0); }), "is not a folder"));
  for (const char* name : {kTestLabels, kTestImages, kTrainLabels, kTrainImages}) {
    remove(name);
    EXPECT_TRUE(has(refusal(name), "is missing"));
  }
  std::filesystem::create_directory(folder_.path() / kTrainImages);
  refusal(kTrainImages, ": cannot be read; got a folder");
}

TEST_F(Idx, WrongMagicIsShown) {
  const std::string rest = big_endian(3) + big_endian(2) + big_endian(2) + ramp(12);
  for (const std::uint32_t magic : {0x0800u, 0x0801u, 0x0804u, 0x0d03u, 0x03080000u, 0x10803u, 0xffffffffu}) {
    folder_.write(kTrainImages, big_endian(magic) + rest);
    EXPECT_TRUE(has(refusal(kTrainImages, ", byte 0: "), "want 0x00000802 or 0x00000803"));
  }
  folder_.write(kTrainImages, idx({3, 2, 2}, ramp(12)));
  folder_.write(kTrainLabels, idx({3, 1}, ramp(3)));
  EXPECT_TRUE(has(refusal(kTrainLabels, ", byte 0: "), "got 0x00000802; want 0x00000801"));
}

TEST_F(Idx, CutAtAnyByteIsAnError) {
  const std::string whole = idx({3, 2, 2}, ramp(12));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    folder_.write(kTrainImages, whole.substr(0, size));
    refusal(kTrainImages, ", byte ");
  }
  folder_.write(kTrainImages, whole);
  const std::string packed = gzip(idx({1}, "\2"));
  for (std::size_t size = 0; size < packed.size(); ++size) {
    SCOPED_TRACE(size);
    folder_.write(kTestLabels, packed.substr(0, size));
    refusal(kTestLabels, size < 2 ? ", byte " : "");
  }
}

TEST_F(Idx, BytesAfterTheEndAreAnError) {
  const std::string whole = idx({3, 2, 2}, ramp(12));
  folder_.write(kTrainImages, whole + "x");
  refusal(kTrainImages, ", byte 28: something follows");
  folder_.write(kTrainImages, gzip(whole + "x"));
  refusal(kTrainImages, ", inflated byte 28: something follows");
  folder_.write(kTrainImages, gzip(whole) + "x");
  refusal(kTrainImages, ", byte " + std::to_string(gzip(whole).size()) + ": something follows");
  folder_.write(kTrainImages, gzip(whole) + gzip("x"));
  refusal(kTrainImages, ", inflated byte 28: something follows");
}

TEST_F(Idx, CountsMustAgree) {
  folder_.write(kTrainLabels, idx({4}, ramp(4)));
  EXPECT_TRUE(has(refusal(kTrainLabels, ", byte 4: "), "got 4; want 3"));
  folder_.write(kTrainLabels, idx({3}, ramp(3)));
  folder_.write(kTestImages, idx({1, 1, 4}, ramp(4)));
  EXPECT_TRUE(has(refusal(kTestImages, ", byte 8: "), "got 1 x 4; want 2 x 2"));
  folder_.write(kTestImages, idx({1, 4}, ramp(4)));
  EXPECT_TRUE(has(refusal(kTestImages, ", byte 8: "), "got 4; want 2 x 2"));
}

TEST_F(Idx, EmptyDimensionsAreRefused) {
  folder_.write(kTrainImages, idx({0, 2, 2}, ""));
  refusal(kTrainImages, ", byte 4: a dimension is empty");
  folder_.write(kTrainImages, idx({3, 2, 0}, ""));
  refusal(kTrainImages, ", byte 12: a dimension is empty");
  folder_.write(kTrainImages, idx({3, 2, 2}, ramp(12)));
  folder_.write(kTestLabels, idx({0}, ""));
  refusal(kTestLabels, ", byte 4: a dimension is empty");
}

TEST_F(Idx, SizesThatCannotBeAreRefusedBeforeMemoryIsTaken) {
  const auto start = std::chrono::steady_clock::now();
  const std::uint32_t most = UINT32_MAX;
  const std::vector<std::uint32_t> sizes[] = {{most, most, most}, {1u << 31, 1u << 31, 4},
                                              {most, 1, 1},       {1, 1u << 17, 1u << 17},
                                              {most, most},       {4, 2, 2}};
  for (const std::vector<std::uint32_t>& dims : sizes) {
    folder_.write(kTrainImages, idx(dims, ramp(12)));
    EXPECT_TRUE(has(refusal(kTrainImages, ", byte "), "fewer bytes than the dimensions require"));
    folder_.write(kTrainImages, gzip(idx(dims, ramp(12))));
    refusal(kTrainImages, ", inflated byte ");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST_F(Idx, BombIsStoppedAtTheDeclaredSize) {
  folder_.write(kTrainImages, gzip(idx({3, 2, 2}, std::string(std::size_t{64} << 20, '\0'))));
  refusal(kTrainImages, ", inflated byte 28: something follows");
}

TEST_F(Idx, ABombAsLargeAsItSaysIsRefused) {
  folder_.write(kTrainImages, gzip(idx({3, 4096, 4096}, std::string(std::size_t{48} << 20, '\0'))));
  refusal(kTrainImages, ": the gzip data is too large");
}

TEST_F(Idx, ImagesThatPackToAFiftiethAreRead) {
  std::mt19937 random(1);
  std::string pixels(std::size_t{6} << 20, '\0');
  for (std::size_t i = 0; i < pixels.size(); i += 96) pixels[i] = static_cast<char>(random() % 256);
  const std::string packed = gzip(idx({3, 2048, 1024}, pixels));
  EXPECT_GT(pixels.size(), 35 * packed.size());
  EXPECT_LT(pixels.size(), 64 * packed.size());
  folder_.write(kTrainImages, packed);
  refusal(kTestImages, ", byte 8: images must be as large as those of the training part");  // so it was read
}

// 100 training and 20 test samples of MNIST; the numbers were computed from the bytes in exact arithmetic.
TEST(IdxMnist, HasTheKnownSamples) {
  const Dataset data = load_dataset("idx(\"" THALWEG_TESTS "/data/mnist-small\")", 0);
  EXPECT_EQ(data.sample, Shape{784});
  EXPECT_EQ(data.classes, 10u);
  EXPECT_EQ(data.train.size(), 100u);
  EXPECT_EQ(data.test.size(), 20u);
  const std::vector<std::int32_t> train(data.train.labels.begin(), data.train.labels.begin() + 10);
  const std::vector<std::int32_t> test(data.test.labels.begin(), data.test.labels.begin() + 10);
  EXPECT_EQ(train, (std::vector<std::int32_t>{5, 0, 4, 1, 9, 2, 1, 3, 1, 4}));
  EXPECT_EQ(test, (std::vector<std::int32_t>{7, 2, 1, 0, 4, 1, 4, 9, 5, 9}));
  EXPECT_DOUBLE_EQ(read_scaling(data.encoding).offset, 32.28172193877551);
  EXPECT_DOUBLE_EQ(read_scaling(data.encoding).factor, 1 / 77.32210496302126586);
}

TEST(IdxMnist, HasTheKnownPixels) {
  const Dataset data = load_dataset("idx(\"" THALWEG_TESTS "/data/mnist-small\", scale=none)", 0);
  const std::vector<float> train = inputs_of(data.train);
  const std::vector<float> test = inputs_of(data.test);
  EXPECT_EQ(std::accumulate(train.begin(), train.end(), 0.0), 2530887);
  EXPECT_EQ(std::accumulate(test.begin(), test.end(), 0.0), 476511);
  EXPECT_EQ(std::accumulate(train.begin(), train.begin() + 784, 0.0), 27525);
  EXPECT_EQ(train[151], 0);
  EXPECT_EQ(train[152], 3);
  EXPECT_EQ(train[156], 126);
  EXPECT_EQ(test[202], 84);
}

}  // namespace
}  // namespace thalweg
