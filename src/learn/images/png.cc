// PNG by libpng, which leaves by longjmp: the functions that it may leave hold nothing that has a destructor.
#include <png.h>

#include <csetjmp>
#include <cstdio>
#include <cstring>

#include "images/image.h"

namespace thalweg {
namespace {

struct Source {
  const std::byte* next;
  std::size_t left;
  char message[128];
};

[[noreturn]] void leave(png_structp png, png_const_charp message) {
  auto* source = static_cast<Source*>(png_get_error_ptr(png));
  std::snprintf(source->message, sizeof source->message, "%s", message);
  png_longjmp(png, 1);
}

void ignore(png_structp, png_const_charp) {}

void take(png_structp png, png_bytep to, std::size_t count) {
  auto* source = static_cast<Source*>(png_get_io_ptr(png));
  if (count > source->left) leave(png, "the file ends within it");
  std::memcpy(to, source->next, count);
  source->next += count;
  source->left -= count;
}

class Png {
 public:
  explicit Png(std::span<const std::byte> file) : source_{file.data(), file.size(), {}} {
    constexpr png_uint_32 kMostSide = 65535, kMostChunks = 1000;
    constexpr png_alloc_size_t kMostOfChunk = 4 << 20;  // bytes of a text or a profile
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source_, leave, ignore);
    if (png_ == nullptr) throw std::bad_alloc();
    info_ = png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      throw std::bad_alloc();
    }
    png_set_read_fn(png_, &source_, take);
    png_set_user_limits(png_, kMostSide, kMostSide);
    png_set_chunk_cache_max(png_, kMostChunks);
    png_set_chunk_malloc_max(png_, kMostOfChunk);
  }
  ~Png() { png_destroy_read_struct(&png_, &info_, nullptr); }
  Png(const Png&) = delete;
  Png& operator=(const Png&) = delete;

  // Both are false where the file is damaged.
  bool read_header(ImageSize& size) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_read_info(png_, info_);
    if (png_get_bit_depth(png_, info_) == 16) png_set_scale_16(png_);
    png_set_expand(png_);  // palettes and less than 8 bits
    png_set_strip_alpha(png_);
    passes_ = png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    size = {png_get_channels(png_, info_), png_get_image_height(png_, info_),
            png_get_image_width(png_, info_)};
    return true;
  }
  bool read_pixels(const ImageSize& size, std::uint8_t* pixels) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    for (int pass = 0; pass < passes_; ++pass) {
      for (std::size_t row = 0; row < size.height; ++row)
        png_read_row(png_, pixels + row * size.width * size.channels, nullptr);
    }
    png_read_end(png_, nullptr);
    return true;
  }

  const char* message() const { return source_.message; }

 private:
  Source source_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  int passes_ = 1;
};

}  // namespace

Image decode_png(std::span<const std::byte> file, const std::string& where) {
  Png png(file);
  Image image;
  const auto damaged = [&] {
    return Error(Code::data, {where, "the PNG image is damaged", png.message(), "", ""});
  };
  if (!png.read_header(image.size)) throw damaged();
  check_image(image.size, image.size.numbers(), file, where);
  image.pixels.resize(image.size.numbers());
  if (!png.read_pixels(image.size, image.pixels.data())) throw damaged();
  return image;
}

}  // namespace thalweg
