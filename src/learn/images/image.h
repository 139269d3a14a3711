// Images of files: PNG and JPEG, with 8 bits a number, grey or in colour.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "thalweg/error.h"

namespace thalweg {

struct ImageSize {
  std::size_t channels = 0;  // 1: grey; 3: red, green, blue
  std::size_t height = 0;
  std::size_t width = 0;

  std::size_t numbers() const { return channels * height * width; }
  bool operator==(const ImageSize&) const = default;
};

struct Image {
  ImageSize size;
  std::vector<std::uint8_t> pixels;  // row by row, the channels of a pixel together
};

// Known by its first bytes, whatever its name. What is transparent counts as if it were not, 16 bits are
// rounded to 8, a palette is colour. Throws Error(data), naming `where`, for another form, for a file that is
// cut off or damaged, and, before anything is decoded, for an image that takes more than 48 MiB and 32 times
// the size of its file; for colours that are not red, green and blue.
Image decode_image(std::span<const std::byte> file, const std::string& where);

// One form each; to be called for bytes that begin like it.
Image decode_png(std::span<const std::byte> file, const std::string& where);
Image decode_jpeg(std::span<const std::byte> file, const std::string& where);

// To be called with what decoding takes: all of it, in bytes.
void check_image(const ImageSize& size, std::uint64_t bytes, std::span<const std::byte> file,
                 const std::string& where);

// The image as one of another size, one channel after the other. Grey is 0.299 red + 0.587 green + 0.114
// blue, rounded; colour from grey has three equal channels. Other sides are made by resize(), rounded.
void store_image(const Image& image, const ImageSize& size, std::span<std::uint8_t> out);

}  // namespace thalweg
