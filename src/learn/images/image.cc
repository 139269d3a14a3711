#include "images/image.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "files/form.h"
#include "images/resize.h"

namespace thalweg {
namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t kFree = std::uint64_t{48} << 20;  // bytes that the smallest file may take

// One channel; `count` of them were asked for.
std::vector<std::uint8_t> plane_of(const Image& image, std::size_t channel, std::size_t count) {
  const std::size_t own = image.size.channels;
  std::vector<std::uint8_t> plane(image.size.height * image.size.width);
  for (std::size_t i = 0; i < plane.size(); ++i) {
    const std::uint8_t* p = image.pixels.data() + i * own;
    plane[i] = own == 1 ? p[0]
               : count == 3
                   ? p[channel]
                   : static_cast<std::uint8_t>((19595 * p[0] + 38470 * p[1] + 7471 * p[2] + 0x8000) >> 16);
  }
  return plane;
}

}  // namespace

void check_image(const ImageSize& size, std::uint64_t bytes, std::span<const std::byte> file,
                 const std::string& where) {
  const std::uint64_t most = kFree + 32 * file.size();
  if (bytes <= most) return;
  throw Error(Code::data,
              {where, "the image is too large",
               std::to_string(size.height) + " x " + std::to_string(size.width) + " pixels, " +
                   std::to_string(bytes) + " bytes to decode",
               "at most " + std::to_string(most) + " for a file of " + std::to_string(file.size()), ""});
}

Image decode_image(std::span<const std::byte> file, const std::string& where) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (text.starts_with("\x89PNG\r\n\x1a\n"sv)) return decode_png(file, where);
  if (text.starts_with("\xff\xd8\xff"sv)) return decode_jpeg(file, where);
  const Form form = form_of(file);
  throw Error(Code::data, {where, "the file is no image that is read",
                           form.name.empty() ? "another form" : std::string(form.name), "PNG or JPEG", ""});
}

void store_image(const Image& image, const ImageSize& size, std::span<std::uint8_t> out) {
  const std::size_t pixels = size.height * size.width;
  for (std::size_t channel = 0; channel < size.channels; ++channel) {
    const std::vector<std::uint8_t> plane = plane_of(image, channel, size.channels);
    const auto to = out.subspan(channel * pixels, pixels);
    if (image.size.height == size.height && image.size.width == size.width) {
      std::ranges::copy(plane, to.begin());
      continue;
    }
    const std::vector<float> from(plane.begin(), plane.end());
    std::vector<float> resized(pixels);
    resize(from, image.size.height, image.size.width, resized, size.height, size.width);
    std::ranges::transform(resized, to.begin(),
                           [](float x) { return static_cast<std::uint8_t>(std::lround(x)); });
  }
}

}  // namespace thalweg
