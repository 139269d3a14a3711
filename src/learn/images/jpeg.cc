// JPEG by libjpeg-turbo, which leaves by longjmp: the functions that it may leave hold nothing that has a
// destructor.
#include <csetjmp>
#include <cstdio>

#include <jerror.h>
#include <jpeglib.h>

#include "images/image.h"

namespace thalweg {
namespace {

// A file of many scans has the whole image decoded for each: so many pixels of all scans together take about
// a second. A usual progressive image has ten scans.
constexpr std::uint64_t kMostScanned = std::uint64_t{1} << 27;
constexpr int kUsualScans = 16;

struct Failure {
  jpeg_error_mgr manager;
  std::jmp_buf place;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void leave(j_common_ptr jpeg) {
  auto* failure = reinterpret_cast<Failure*>(jpeg->err);
  jpeg->err->format_message(jpeg, failure->message);
  std::longjmp(failure->place, 1);
}

// Warnings, below 0, are of data that are not as they were written; what stands between parts harms nothing.
void warn(j_common_ptr jpeg, int level) {
  if (level < 0 && jpeg->err->msg_code != JWRN_EXTRANEOUS_DATA && jpeg->err->msg_code != JWRN_ADOBE_XFORM)
    leave(jpeg);
}

void count_scans(j_common_ptr common) {
  auto* jpeg = reinterpret_cast<j_decompress_ptr>(common);
  const std::uint64_t pixels = std::uint64_t{jpeg->image_height} * jpeg->image_width;
  const auto scans = static_cast<std::uint64_t>(jpeg->input_scan_number);
  if (jpeg->input_scan_number <= kUsualScans || scans * pixels <= kMostScanned) return;
  auto* failure = reinterpret_cast<Failure*>(jpeg->err);
  std::snprintf(failure->message, sizeof failure->message, "too many scans");
  std::longjmp(failure->place, 1);
}

class Jpeg {
 public:
  explicit Jpeg(std::span<const std::byte> file) {
    jpeg_.err = jpeg_std_error(&failure_.manager);
    failure_.manager.error_exit = leave;
    failure_.manager.emit_message = warn;
    if (!create(file)) throw std::bad_alloc();
  }
  ~Jpeg() { jpeg_destroy_decompress(&jpeg_); }
  Jpeg(const Jpeg&) = delete;
  Jpeg& operator=(const Jpeg&) = delete;

  // All are false where the file is damaged. `bytes`: that decoding takes.
  bool read_header(ImageSize& size, std::uint64_t& bytes) {
    if (setjmp(failure_.place) != 0) return false;
    jpeg_read_header(&jpeg_, TRUE);
    const bool grey = jpeg_.num_components == 1;
    size = {grey ? 1u : 3u, jpeg_.image_height, jpeg_.image_width};
    jpeg_.out_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
    constexpr std::uint64_t kOfCoefficient = 2;  // bytes; of more than one scan they are all kept
    bytes = size.numbers() * (jpeg_has_multiple_scans(&jpeg_) ? 1 + kOfCoefficient : 1);
    return true;
  }
  bool read_pixels(const ImageSize& size, std::uint8_t* pixels) {
    if (setjmp(failure_.place) != 0) return false;
    progress_.progress_monitor = count_scans;
    jpeg_.progress = &progress_;
    jpeg_start_decompress(&jpeg_);
    while (jpeg_.output_scanline < jpeg_.output_height) {
      JSAMPROW row = pixels + jpeg_.output_scanline * size.width * size.channels;
      jpeg_read_scanlines(&jpeg_, &row, 1);
    }
    jpeg_finish_decompress(&jpeg_);
    return true;
  }
  // Four inks are no red, green and blue.
  bool is_printed() const { return jpeg_.num_components == 4; }
  const char* message() const { return failure_.message; }

 private:
  bool create(std::span<const std::byte> file) {
    if (setjmp(failure_.place) != 0) return false;
    jpeg_create_decompress(&jpeg_);
    jpeg_mem_src(&jpeg_, reinterpret_cast<const unsigned char*>(file.data()), file.size());
    return true;
  }

  Failure failure_{};
  jpeg_decompress_struct jpeg_{};
  jpeg_progress_mgr progress_{};
};

}  // namespace

Image decode_jpeg(std::span<const std::byte> file, const std::string& where) {
  Jpeg jpeg(file);
  Image image;
  const auto damaged = [&] {
    return Error(Code::data, {where, "the JPEG image is damaged", jpeg.message(), "", ""});
  };
  std::uint64_t bytes = 0;
  if (!jpeg.read_header(image.size, bytes)) throw damaged();
  if (jpeg.is_printed())
    throw Error(Code::data, {where, "the JPEG image is for printing", "four inks (CMYK)", "grey or RGB", ""});
  check_image(image.size, bytes, file, where);
  image.pixels.resize(image.size.numbers());
  if (!jpeg.read_pixels(image.size, image.pixels.data())) throw damaged();
  return image;
}

}  // namespace thalweg
