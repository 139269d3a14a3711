#include "files/unpacker.h"

#include <algorithm>

#include "files/gzip.h"
#include "files/zstd.h"

namespace thalweg {
namespace {

constexpr std::size_t kGrowth = std::size_t{1} << 18;  // stays in the cache between clearing and filling
// Reserved, though not yet taken, for any size of the input: until a bomb is known nothing is moved.
constexpr std::size_t kFirstRoom = std::size_t{31} << 20;

}  // namespace

std::size_t Unpacker::read(std::span<std::uint8_t> out) {
  std::size_t filled = 0;
  while (filled < out.size() && !done_) {
    const std::size_t before = at_;
    const std::size_t got = unpack_some(out.subspan(filled));
    filled += got;
    const std::uint64_t usual = kUsual * (at_ - before);
    excess_ = excess_ + got > usual ? excess_ + got - usual : 0;
    if (excess_ > kMostExcess) throw too_large(kMostExcess);
  }
  return filled;
}

std::vector<std::uint8_t> Unpacker::take(std::uint64_t most) {
  std::vector<std::uint8_t> out;
  out.reserve(std::min<std::uint64_t>(most, kFirstRoom + 4 * packed_.size()));
  std::size_t filled = 0;
  do {
    out.resize(std::min<std::uint64_t>(most, filled + kGrowth));
    filled += read(std::span(out).subspan(filled));
  } while (filled == out.size() && filled < most);
  out.resize(filled);
  return out;
}

std::vector<std::uint8_t> Unpacker::take_all(std::uint64_t limit) {
  std::vector<std::uint8_t> out = take(limit);
  std::uint8_t extra;
  if (read({&extra, 1}) > 0) throw too_large(limit);
  return out;
}

Error Unpacker::too_large(std::uint64_t limit) const {
  return Error(
      Code::data,
      {where_, "the " + std::string(form_) + " data is too large", "more", std::to_string(limit) + " bytes",
       std::string(command_) + " it and read the plain file, if that is what it is meant to be"});
}

Error Unpacker::error(const std::string& what, const std::string& got, const std::string& want) const {
  return Error(Code::data, {where_ + ", byte " + std::to_string(at_), what, got, want, ""});
}

Error Unpacker::damaged(const std::string& got) const {
  return error("the " + std::string(form_) + " data is damaged", got, "");
}

Error Unpacker::truncated() const {
  return error("the " + std::string(form_) + " data is truncated", "the end", "more bytes");
}

Error Unpacker::followed() const {
  return error("something follows the " + std::string(form_) + " data",
               std::to_string(packed_.size() - at_) + " bytes", "the end");
}

Error Unpacker::no_memory() const {
  return Error(Code::resource, {where_, "cannot be inflated", "no memory", "", ""});
}

std::unique_ptr<Unpacker> unpacker_of(std::span<const std::byte> bytes, const std::string& where) {
  if (is_gzip(bytes)) return std::make_unique<Gunzip>(bytes, where);
  if (is_zstd(bytes)) return std::make_unique<Unzstd>(bytes, where);
  return nullptr;
}

}  // namespace thalweg
