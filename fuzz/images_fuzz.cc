// Bytes as an image file, beside a good one of another class: PNG or JPEG, whatever the ending says.
#include "dataset.h"

namespace thalweg::fuzz {
namespace {

using namespace std::string_literals;

// One grey pixel.
const std::string kPixel =
    "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55"
    "\0\0\0\x0aIDAT\x78\x9c\x63\x60\0\0\0\x02\0\x01\x48\xaf\xa4\x71\0\0\0\0IEND\xae\x42\x60\x82"s;

void check(std::string_view bytes) {
  static const Folder folder;
  for (const char* name : {"a", "b"}) std::filesystem::create_directories(folder / name);
  folder.write("a/1.png", kPixel);
  folder.write("b/1.jpg", bytes);
  const std::string source = "images(\"" + (folder / "").string() + "\", size=[3, 2])";
  const auto read = attempt_twice(Code::data, [&] { return contents(load_dataset(source, 1)); });
  if (!read) return;
  const std::string encoding = load_dataset(source, 1).encoding;
  require(contents(load_dataset(source, 1, encoding)) == *read, "other data under their own encoding",
          encoding);
}

}  // namespace
}  // namespace thalweg::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  thalweg::fuzz::check(thalweg::fuzz::text_of(data, size));
  return 0;
}
