// Folders of IDX files, of which one is the input. Its first byte says which, and whether it is packed: 0 to
// 3 the file as it is (plain, or gzip if it begins so), 4 to 7 the same packed here.
#include <zlib.h>

#include <array>

#include "dataset.h"

namespace thalweg::fuzz {
namespace {

using namespace std::string_literals;

constexpr std::array<const char*, 4> kNames = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                               "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
// Three images of 2 x 2 with their labels, and one.
const std::array<std::string, 4> kFiles = {
    "\0\0\x08\x03\0\0\0\x03\0\0\0\x02\0\0\0\x02\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"s,
    "\0\0\x08\x01\0\0\0\x03\0\x01\x02"s,
    "\0\0\x08\x03\0\0\0\x01\0\0\0\x02\0\0\0\x02\xff\0\xff\0"s,
    "\0\0\x08\x01\0\0\0\x01\x01"s,
};

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  require(deflateInit2(&stream, 1, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY) == Z_OK, "deflate");
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  require(deflate(&stream, Z_FINISH) == Z_STREAM_END, "deflate");
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

void check(std::size_t which, bool pack, std::string_view bytes) {
  static const Folder folder;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    folder.write(kNames[i], i == which ? (pack ? gzip(bytes) : std::string(bytes)) : kFiles[i]);
  }
  const std::string source = "idx(\"" + (folder / "").string() + "\")";
  const auto load = [&] { return contents(load_dataset(source, 1)); };
  const auto once = attempt_twice(Code::data, load);
  if (!pack) return;
  // Packed or not is the same, unless the bytes are gzip data themselves.
  if (bytes.starts_with("\x1f\x8b")) return;
  folder.write(kNames[which], bytes);
  std::string message;
  require(attempt(Code::data, message, load) == once, "packed data read otherwise", message);
}

}  // namespace
}  // namespace thalweg::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  thalweg::fuzz::check(data[0] & 3, (data[0] & 4) != 0, thalweg::fuzz::text_of(data + 1, size - 1));
  return 0;
}
