// CRC-32 as in IEEE 802.3, zlib and PNG, of a whole or of parts that are joined.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace thalweg {

// Of the bytes, or of those that came before, whose CRC is `before`, and these. By carry-less multiplication
// where the machine has it.
std::uint32_t crc32_of(std::span<const std::byte> bytes, std::uint32_t before = 0);

// The same by tables alone.
std::uint32_t crc32_by_table(std::span<const std::byte> bytes, std::uint32_t before = 0);

// Of two parts, the second of so many bytes, one after the other.
std::uint32_t crc32_joined(std::uint32_t first, std::uint32_t second, std::uint64_t bytes_of_second);

}  // namespace thalweg
