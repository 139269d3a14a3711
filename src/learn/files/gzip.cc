#include "files/gzip.h"

#include <zlib.h>

#include <algorithm>

namespace thalweg {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;
constexpr std::size_t kPiece = std::size_t{1} << 30;       // zlib counts in 32 bits
constexpr std::size_t kGrowth = std::size_t{1} << 18;      // stays in the cache between clearing and filling
constexpr std::size_t kFirstRoom = std::size_t{16} << 20;  // reserved without regard to the size of the input

void end(z_stream_s* stream) {
  inflateEnd(stream);
  delete stream;
}

}  // namespace

Error inflates_too_far(const std::string& where, std::uint64_t limit) {
  return Error(Code::data, {where, "the gzip data is too large", "more", std::to_string(limit) + " bytes",
                            "gunzip it and read the plain file, if that is what it is meant to be"});
}

bool is_gzip(std::span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

Gunzip::Gunzip(std::span<const std::byte> packed, std::string where)
    : packed_(packed), where_(std::move(where)), stream_(new z_stream_s{}, end) {
  if (inflateInit2(stream_.get(), kGzipOnly) != Z_OK) {
    throw Error(Code::resource, {where_, "cannot be inflated", "no memory", "", ""});
  }
}

std::size_t Gunzip::read(std::span<std::uint8_t> out) {
  std::size_t filled = 0;
  while (filled < out.size() && !done_) filled += inflate_some(out.subspan(filled));
  return filled;
}

std::vector<std::uint8_t> Gunzip::take(std::uint64_t most) {
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

std::size_t Gunzip::inflate_some(std::span<std::uint8_t> out) {
  const std::size_t fed = std::min(packed_.size() - at_, kPiece);
  const std::size_t room = std::min(out.size(), kPiece);
  // zlib does not write to its input; only builds with ZLIB_CONST say so in the type.
  stream_->next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed_.data() + at_));
  stream_->avail_in = static_cast<uInt>(fed);
  stream_->next_out = out.data();
  stream_->avail_out = static_cast<uInt>(room);
  const int status = inflate(stream_.get(), Z_NO_FLUSH);
  at_ += fed - stream_->avail_in;
  if (status == Z_MEM_ERROR) throw Error(Code::resource, {where_, "cannot be inflated", "no memory", "", ""});
  if (status == Z_BUF_ERROR) throw error("the gzip data is truncated", "the end", "more bytes");
  if (status == Z_STREAM_END) {
    end_member();
  } else if (status != Z_OK) {
    throw error("the gzip data is damaged", stream_->msg != nullptr ? stream_->msg : "an unknown form", "");
  }
  return room - stream_->avail_out;
}

void Gunzip::end_member() {
  done_ = at_ == packed_.size();
  if (done_) return;
  if (!is_gzip(packed_.subspan(at_))) {
    throw error("something follows the gzip data", std::to_string(packed_.size() - at_) + " bytes",
                "the end");
  }
  inflateReset(stream_.get());
}

Error Gunzip::error(const std::string& what, const std::string& got, const std::string& want) const {
  return Error(Code::data, {where_ + ", byte " + std::to_string(at_), what, got, want, ""});
}

std::vector<std::uint8_t> gunzip(std::span<const std::byte> packed, const std::string& where,
                                 std::uint64_t limit) {
  Gunzip stream(packed, where);
  std::vector<std::uint8_t> out = stream.take(limit);
  std::uint8_t extra;
  if (stream.read({&extra, 1}) > 0) {
    throw inflates_too_far(where, limit);
  }
  return out;
}

}  // namespace thalweg
