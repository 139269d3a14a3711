// ZIP archives in memory: what they list, and one member at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace thalweg {

struct ZipMember {
  std::string name;
  std::uint32_t flags = 0;
  std::uint32_t method = 0;  // 0: stored, 8: deflated
  std::uint32_t crc = 0;
  std::uint64_t packed = 0;  // bytes in the archive
  std::uint64_t size = 0;    // and of the member
  std::uint64_t at = 0;      // of its own header
};

// By its central directory. Throws Error(data), naming `where`, for an archive that is cut off, malformed or
// of more than 4 GiB.
std::vector<ZipMember> list_zip(std::span<const std::byte> archive, const std::string& where);

// Its bytes, checked against their sum. Throws Error(data) for one that is encrypted, packed in another way,
// damaged, larger than `limit`, than its packed bytes can hold or than 28 MiB and 64 times them; no memory is
// taken for what is not there.
std::vector<std::byte> unzip(std::span<const std::byte> archive, const ZipMember& member,
                             const std::string& where, std::uint64_t limit);

}  // namespace thalweg
