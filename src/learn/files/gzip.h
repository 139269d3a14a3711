// gzip data (RFC 1952) in memory: all members one after the other, whole, checked, and nothing after them.
#pragma once

#include "files/unpacker.h"

struct z_stream_s;

namespace thalweg {

// Deflate packs at most this many bytes into one: a match of 258 bytes in two bits.
inline constexpr std::uint64_t kMaxExpansion = 1032;

// Whether the bytes begin as gzip data do.
bool is_gzip(std::span<const std::byte> bytes);

class Gunzip : public Unpacker {
 public:
  Gunzip(std::span<const std::byte> packed, std::string where);

  std::uint64_t capacity() const override { return size() * kMaxExpansion; }

 private:
  std::size_t unpack_some(std::span<std::uint8_t> out) override;
  void end_member();

  std::unique_ptr<z_stream_s, void (*)(z_stream_s*)> stream_;
};

}  // namespace thalweg
