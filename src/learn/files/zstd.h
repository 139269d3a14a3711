// Zstandard data (RFC 8878) in memory: all frames one after the other, whole, and nothing after them. A frame
// that has a checksum is checked against it, one that asks for a window of more than 128 MiB is refused.
#pragma once

#include "files/unpacker.h"

struct ZSTD_DCtx_s;

namespace thalweg {

// Whether the bytes begin as zstd data do.
bool is_zstd(std::span<const std::byte> bytes);

class Unzstd : public Unpacker {
 public:
  Unzstd(std::span<const std::byte> packed, std::string where);

  std::uint64_t capacity() const override;

 private:
  std::size_t unpack_some(std::span<std::uint8_t> out) override;

  std::unique_ptr<ZSTD_DCtx_s, void (*)(ZSTD_DCtx_s*)> stream_;
};

}  // namespace thalweg
