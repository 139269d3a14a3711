// Bytes as zstd data, and the same packed: what is packed here comes back.
#include <zstd.h>

#include "files/zstd.h"
#include "target.h"

namespace thalweg::fuzz {
namespace {

std::string unpacked(std::string_view packed) {
  const auto bytes = Unzstd(std::as_bytes(std::span(packed)), "x.zst").take_all(most_inflated(packed.size()));
  return {bytes.begin(), bytes.end()};
}

void check(std::string_view bytes) {
  attempt_twice(Code::data, [&] { return unpacked(bytes); });
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 1));
  require(unpacked(packed) == bytes, "other bytes than were packed");
}

}  // namespace
}  // namespace thalweg::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  thalweg::fuzz::check(thalweg::fuzz::text_of(data, size));
  return 0;
}
