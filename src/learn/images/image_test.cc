#include "images/image.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <cstdlib>

#include "base/file.h"
#include "base/test_error.h"
#include "files/test_gzip.h"
#include "images/resize.h"

namespace thalweg {
namespace {

const std::filesystem::path kImages = THALWEG_TESTS "/data/images";

Image decoded(const std::string& bytes) {
  return decode_image(std::as_bytes(std::span(bytes.data(), bytes.size())), "x");
}

std::string fault(const std::string& bytes) {
  return error_of(Code::data, [&] { decoded(bytes); });
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string big_endian(std::uint32_t x) {
  return {static_cast<char>(x >> 24), static_cast<char>(x >> 16), static_cast<char>(x >> 8),
          static_cast<char>(x)};
}

std::string chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  const auto crc = ::crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big_endian(static_cast<std::uint32_t>(data.size())) + body +
         big_endian(static_cast<std::uint32_t>(crc));
}

// Grey, of 8 bits.
std::string png(std::uint32_t height, std::uint32_t width, const std::string& lines) {
  return "\x89PNG\r\n\x1a\n" +
         chunk("IHDR", big_endian(width) + big_endian(height) + std::string("\x08\0\0\0\0", 5)) +
         chunk("IDAT", deflated(lines, MAX_WBITS)) + chunk("IEND", "");
}

// What Pillow 13 decodes them to; deep.png and interlaced.png were written by hand.
TEST(Images, PixelsAreThoseOfPillow) {
  struct Case {
    const char* name;
    std::size_t channels;
    int apart;  // decoders may round the transform of a JPEG image differently by one
  };
  for (const auto& [name, channels, apart] : std::initializer_list<Case>{{"grey.png", 1, 0},
                                                                         {"colour.png", 3, 0},
                                                                         {"palette.png", 3, 0},
                                                                         {"two_colours.png", 1, 0},
                                                                         {"transparent.png", 3, 0},
                                                                         {"deep.png", 1, 0},
                                                                         {"interlaced.png", 3, 0},
                                                                         {"grey.jpg", 1, 1},
                                                                         {"colour.jpg", 3, 1},
                                                                         {"subsampled.jpg", 3, 1},
                                                                         {"progressive.jpg", 3, 1}}) {
    SCOPED_TRACE(name);
    const Image image = decode_image(read_file(kImages / name), name);
    EXPECT_EQ(image.size, (ImageSize{channels, 12, 20}));
    const std::string want = read_text_file(kImages / (std::string(name) + ".raw"));
    ASSERT_EQ(image.pixels.size(), want.size());
    for (std::size_t i = 0; i < want.size(); ++i)
      EXPECT_LE(std::abs(image.pixels[i] - static_cast<std::uint8_t>(want[i])), apart) << i;
  }
}

TEST(Images, CutAtAnyByteOrChangedIsAnError) {
  for (const char* name : {"grey.png", "interlaced.png", "grey.jpg", "progressive.jpg"}) {
    const std::string whole = read_text_file(kImages / name);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      SCOPED_TRACE(std::string(name) + " cut to " + std::to_string(size));
      fault(whole.substr(0, size));
    }
  }
  std::string bad = read_text_file(kImages / "grey.png");
  bad[bad.size() / 2] ^= 1;
  EXPECT_TRUE(has(fault(bad), "the PNG image is damaged"));
}

// Any bytes are an image or an error.
TEST(Images, ChangedBytesAreSurvived) {
  for (const char* name : {"colour.png", "interlaced.png", "colour.jpg", "progressive.jpg"}) {
    const std::string whole = read_text_file(kImages / name);
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (const int change : {1, 0x80, 0xff}) {
        std::string bad = whole;
        bad[at] = static_cast<char>(bad[at] ^ change);
        try {
          const Image image = decoded(bad);
          EXPECT_EQ(image.pixels.size(), image.size.numbers());
        } catch (const Error& error) {
          EXPECT_EQ(error.code(), Code::data);
        }
      }
    }
  }
}

TEST(Images, OtherFormsAreTold) {
  EXPECT_TRUE(has(fault("GIF89a"), "no image that is read"));
  EXPECT_TRUE(has(fault(""), "want PNG or JPEG"));
  EXPECT_TRUE(has(fault("PK\3\4..........................word/x"), "ZIP"));
  EXPECT_TRUE(has(fault(read_text_file(kImages / "printed.jpg")), "CMYK"));
}

TEST(Images, ABombIsRefusedBeforeItIsDecoded) {
  const std::string bomb = png(60000, 60000, std::string(1 << 20, '\0'));
  EXPECT_TRUE(has(fault(bomb), "60000 x 60000 pixels")) << fault(bomb);
  EXPECT_TRUE(has(fault(png(70000, 1, "")), "damaged"));
  EXPECT_TRUE(has(fault(png(0, 1, "")), "damaged"));
  // A progressive header that asks for 65500 x 65500 pixels.
  std::string large = read_text_file(kImages / "progressive.jpg");
  const std::size_t frame = large.find("\xff\xc2");
  ASSERT_NE(frame, std::string::npos);
  large.replace(frame + 5, 4, "\xff\xdc\xff\xdc");
  EXPECT_TRUE(has(fault(large), "65500 x 65500 pixels")) << fault(large);
}

// The last scan of a progressive image over and over, each of which goes over all of a large image.
TEST(Images, AFileOfManyScansIsRefused) {
  std::string bytes = read_text_file(kImages / "progressive.jpg");
  const std::size_t frame = bytes.find("\xff\xc2");
  bytes.replace(frame + 5, 4, std::string("\x08\0\x08\0", 4));  // 2048 x 2048
  const std::size_t scan = bytes.rfind("\xff\xda");
  const std::string last = bytes.substr(scan, bytes.size() - 2 - scan);
  bytes.resize(bytes.size() - 2);
  for (int i = 0; i < 2000; ++i) bytes += last;
  fault(bytes + "\xff\xd9");
}

TEST(Images, AreStoredChannelByChannelAndGreyOrColourAsAsked) {
  const Image colour{{3, 1, 2}, {10, 20, 30, 200, 100, 50}};
  std::vector<std::uint8_t> out(6);
  store_image(colour, colour.size, out);
  EXPECT_EQ(out, (std::vector<std::uint8_t>{10, 200, 20, 100, 30, 50}));
  out.resize(2);
  store_image(colour, {1, 1, 2}, out);
  EXPECT_EQ(out, (std::vector<std::uint8_t>{18, 124}));  // 18.15, 124.2
  out.resize(6);
  store_image({{1, 1, 2}, {7, 9}}, {3, 1, 2}, out);
  EXPECT_EQ(out, (std::vector<std::uint8_t>{7, 9, 7, 9, 7, 9}));
  out.resize(1);
  store_image({{1, 1, 2}, {7, 10}}, {1, 1, 1}, out);
  EXPECT_EQ(out[0], 9);  // 8.5
}

// torch 2.13: interpolate(mode="bilinear", antialias=True) in float64.
TEST(Images, ResizedAsByTorch) {
  std::vector<float> image;
  for (int i = 0; i < 5; ++i) {
    for (int j = 0; j < 7; ++j) image.push_back(static_cast<float>((7 * i * i + 3 * j * j + 5 * i * j) % 23));
  }
  const auto check = [&](std::size_t rows, std::size_t columns, const std::vector<double>& want) {
    std::vector<float> out(rows * columns);
    resize(image, 5, 7, out, rows, columns);
    for (std::size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(out[i], want[i], 2e-6) << rows << " " << i;
  };
  check(1, 1, {10.492176});
  check(2, 3, {8.883117, 7.532086, 9.779221, 14.237013, 12.540107, 10.272727});
  check(5, 3,
        {3.857143, 5.470588, 8.714286, 10.214286, 5.823529, 10.214286, 12.5, 12.058824, 10.928571, 14.0,
         14.705882, 7.571429, 16.357143, 11.058824, 13.285714});
  check(9, 10, {0.0, 1.65, 5.25, 11.55,    6.8,  3.3,      2.2,      5.0,  10.5, 16.0,     2.333333,
                4.9, 7.75, 9.85, 5.883333, 3.55, 3.616667, 7.583333, 10.8, 13.0, 6.222222, 10.316667});
  check(5, 7, std::vector<double>(image.begin(), image.end()));
}

}  // namespace
}  // namespace thalweg
