// For tests of what reads archives: a ZIP archive to be read.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

#include "files/test_gzip.h"

namespace thalweg {

struct ZipPart {
  std::string name;
  std::string bytes;
  bool deflated = false;
  int flags = 0;
};

inline std::string little_endian(std::uint64_t number, int size) {
  std::string out;
  for (int i = 0; i < size; ++i) out += static_cast<char>(number >> (8 * i));
  return out;
}

// As numpy.savez writes it: the own header of a member has a field for sizes beyond 4 GiB, its list has none.
inline std::string zip(const std::vector<ZipPart>& parts, const std::string& comment = "") {
  std::string out, list;
  for (const ZipPart& part : parts) {
    const std::string packed = part.deflated ? deflated(part.bytes, -MAX_WBITS) : part.bytes;
    const auto* bytes = reinterpret_cast<const Bytef*>(part.bytes.data());
    const std::string common = little_endian(part.flags, 2) + little_endian(part.deflated ? 8 : 0, 2) +
                               std::string(4, '\0') +
                               little_endian(crc32(0, bytes, static_cast<uInt>(part.bytes.size())), 4);
    const std::string names = little_endian(part.name.size(), 2);
    list += "PK\1\2" + std::string("\x2d\3\x2d\0", 4) + common + little_endian(packed.size(), 4) +
            little_endian(part.bytes.size(), 4) + names + std::string(12, '\0') +
            little_endian(out.size(), 4) + part.name;
    out += "PK\3\4" + std::string("\x2d\0", 2) + common + std::string(8, '\xff') + names +
           std::string("\x14\0", 2) + part.name + std::string("\1\0\x10\0", 4) +
           little_endian(part.bytes.size(), 8) + little_endian(packed.size(), 8) + packed;
  }
  const std::string count = little_endian(parts.size(), 2);
  return out + list + "PK\5\6" + std::string(4, '\0') + count + count + little_endian(list.size(), 4) +
         little_endian(out.size(), 4) + little_endian(comment.size(), 2) + comment;
}

}  // namespace thalweg
