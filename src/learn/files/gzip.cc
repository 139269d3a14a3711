#include "files/gzip.h"

#include <zlib.h>

#include <algorithm>

namespace thalweg {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;
constexpr std::size_t kPiece = std::size_t{1} << 30;  // zlib counts in 32 bits

void end(z_stream_s* stream) {
  inflateEnd(stream);
  delete stream;
}

}  // namespace

bool is_gzip(std::span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

Gunzip::Gunzip(std::span<const std::byte> packed, std::string where)
    : Unpacker(packed, std::move(where), "gzip", "gunzip"), stream_(new z_stream_s{}, end) {
  if (inflateInit2(stream_.get(), kGzipOnly) != Z_OK) throw no_memory();
}

std::size_t Gunzip::unpack_some(std::span<std::uint8_t> out) {
  const std::size_t fed = std::min(rest().size(), kPiece);
  const std::size_t room = std::min(out.size(), kPiece);
  // zlib does not write to its input; only builds with ZLIB_CONST say so in the type.
  stream_->next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(rest().data()));
  stream_->avail_in = static_cast<uInt>(fed);
  stream_->next_out = out.data();
  stream_->avail_out = static_cast<uInt>(room);
  const int status = inflate(stream_.get(), Z_NO_FLUSH);
  at_ += fed - stream_->avail_in;
  if (status == Z_MEM_ERROR) throw no_memory();
  if (status == Z_BUF_ERROR) throw truncated();
  if (status == Z_STREAM_END) {
    end_member();
  } else if (status != Z_OK) {
    throw damaged(stream_->msg != nullptr ? stream_->msg : "an unknown form");
  }
  return room - stream_->avail_out;
}

void Gunzip::end_member() {
  done_ = rest().empty();
  if (done_) return;
  if (!is_gzip(rest())) throw followed();
  inflateReset(stream_.get());
}

}  // namespace thalweg
