#include "files/zstd.h"

#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>

namespace thalweg {
namespace {

constexpr std::uint32_t kFrame = 0xfd2fb528, kSkippable = 0x184d2a50;  // of the latter the lowest 4 bits vary

void end(ZSTD_DCtx_s* stream) { ZSTD_freeDCtx(stream); }

}  // namespace

bool is_zstd(std::span<const std::byte> bytes) {
  std::uint32_t magic = 0;
  for (std::size_t i = 0; i < 4 && bytes.size() >= 4; ++i)
    magic |= std::to_integer<std::uint32_t>(bytes[i]) << 8 * i;
  return magic == kFrame || (magic & 0xfffffff0) == kSkippable;
}

Unzstd::Unzstd(std::span<const std::byte> packed, std::string where)
    : Unpacker(packed, std::move(where), "zstd", "unzstd"), stream_(ZSTD_createDCtx(), end) {
  if (stream_ == nullptr) throw no_memory();
}

std::uint64_t Unzstd::capacity() const {
  constexpr std::uint64_t kMaxExpansion = ZSTD_BLOCKSIZE_MAX / 4;  // a run of one byte
  return size() > UINT64_MAX / kMaxExpansion ? UINT64_MAX : size() * kMaxExpansion;
}

std::size_t Unzstd::unpack_some(std::span<std::uint8_t> out) {
  ZSTD_inBuffer from{rest().data(), rest().size(), 0};
  ZSTD_outBuffer to{out.data(), out.size(), 0};
  const std::size_t left = ZSTD_decompressStream(stream_.get(), &to, &from);
  at_ += from.pos;
  if (ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation) throw no_memory();
  if (ZSTD_isError(left)) throw damaged(ZSTD_getErrorName(left));
  if (left == 0) {  // the end of a frame
    done_ = rest().empty();
    if (!done_ && !is_zstd(rest())) throw followed();
  } else if (from.pos == 0 && to.pos == 0) {
    throw truncated();
  }
  return to.pos;
}

}  // namespace thalweg
