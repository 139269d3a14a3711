#include "files/zip.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "files/gzip.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::size_t kEndSize = 22, kEntrySize = 46, kHeaderSize = 30;  // their fixed parts
constexpr std::uint64_t kElsewhere = 0xffffffff;  // a size that stands in another field

Error bad_zip(const std::string& where, const std::string& what, const std::string& got,
              const std::string& want) {
  return Error(Code::data, {where, what, got, want, ""});
}

// Little-endian numbers at any place of the archive.
class Fields {
 public:
  Fields(std::span<const std::byte> bytes, const std::string& where) : bytes_(bytes), where_(where) {}

  std::uint64_t number(std::uint64_t at, std::size_t size) const {
    std::uint64_t out = 0;
    const std::span<const std::byte> from = part(at, size);
    for (std::size_t i = size; i-- > 0;) out = out << 8 | std::to_integer<std::uint64_t>(from[i]);
    return out;
  }
  std::string text(std::uint64_t at, std::size_t size) const {
    const std::span<const std::byte> from = part(at, size);
    return {reinterpret_cast<const char*>(from.data()), from.size()};
  }
  bool is(std::uint64_t at, std::string_view mark) const { return text(at, mark.size()) == mark; }
  std::span<const std::byte> part(std::uint64_t at, std::uint64_t size) const {
    if (at <= bytes_.size() && size <= bytes_.size() - at) return bytes_.subspan(at, size);
    throw bad_zip(where_ + ", byte " + std::to_string(std::min<std::uint64_t>(at, bytes_.size())),
                  "the ZIP archive is truncated", "the end", std::to_string(size) + " more bytes");
  }

 private:
  std::span<const std::byte> bytes_;
  const std::string& where_;
};

// Where the record that ends the archive begins: nothing but a comment follows it.
std::uint64_t find_end(std::span<const std::byte> archive, const std::string& where) {
  constexpr std::size_t kLongestComment = 65'535;
  const std::string_view text(reinterpret_cast<const char*>(archive.data()), archive.size());
  const std::size_t at = text.rfind("PK\5\6");
  if (at != std::string_view::npos && text.size() - at >= kEndSize &&
      text.size() - at <= kEndSize + kLongestComment)
    return at;
  throw bad_zip(where, "the ZIP archive has no list of what it holds", "", "a whole archive");
}

std::vector<std::byte> inflated(std::span<const std::byte> packed, std::uint64_t size,
                                const std::string& where) {
  std::vector<std::byte> out(size);
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
    throw Error(Code::resource, {where, "cannot be inflated", "no memory", "", ""});
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = inflate(&stream, Z_FINISH);
  const bool whole = status == Z_STREAM_END && stream.avail_out == 0;
  inflateEnd(&stream);
  if (!whole) throw bad_zip(where, "the deflated data is damaged or truncated", "", "");
  return out;
}

}  // namespace

std::vector<ZipMember> list_zip(std::span<const std::byte> archive, const std::string& where) {
  const Fields fields(archive, where);
  const std::uint64_t end = find_end(archive, where);
  const std::uint64_t count = fields.number(end + 10, 2);
  std::uint64_t at = fields.number(end + 16, 4);
  if (at == kElsewhere) throw bad_zip(where, "the ZIP archive is too large", "", "at most 4 GiB");
  std::vector<ZipMember> members;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (!fields.is(at, "PK\1\2"))
      throw bad_zip(where + ", byte " + std::to_string(at), "the list of the ZIP archive is malformed", "",
                    "");
    ZipMember one;
    one.flags = static_cast<std::uint32_t>(fields.number(at + 8, 2));
    one.method = static_cast<std::uint32_t>(fields.number(at + 10, 2));
    one.crc = static_cast<std::uint32_t>(fields.number(at + 16, 4));
    one.packed = fields.number(at + 20, 4);
    one.size = fields.number(at + 24, 4);
    one.at = fields.number(at + 42, 4);
    const std::uint64_t name = fields.number(at + 28, 2);
    one.name = fields.text(at + kEntrySize, name);
    if (one.packed == kElsewhere || one.size == kElsewhere || one.at == kElsewhere)
      throw bad_zip(where + ", " + one.name, "the member is too large", "", "less than 4 GiB");
    at += kEntrySize + name + fields.number(at + 30, 2) + fields.number(at + 32, 2);
    members.push_back(std::move(one));
  }
  return members;
}

std::vector<std::byte> unzip(std::span<const std::byte> archive, const ZipMember& member,
                             const std::string& where, std::uint64_t limit) {
  const std::string name = where + ", " + member.name;
  const Fields fields(archive, name);
  if (member.flags % 2 == 1) throw bad_zip(name, "the member is encrypted", "", "one without a password");
  if (member.method != 0 && member.method != 8)
    throw bad_zip(name, "the member is packed in another way", "method " + std::to_string(member.method),
                  "stored or deflated, as numpy.savez and savez_compressed write it");
  const std::uint64_t begin = member.at + kHeaderSize + fields.number(member.at + 26, 2) +
                              fields.number(member.at + 28, 2);  // a name and a field of its own length
  const std::span<const std::byte> packed = fields.part(begin, member.packed);
  const std::uint64_t most = member.method == 0 ? member.packed : member.packed * kMaxExpansion;
  if (member.size > most || (member.method == 0 && member.size != member.packed))
    throw bad_zip(name, "the size of the member is wrong", std::to_string(member.size),
                  "at most " + std::to_string(most) + " bytes");
  const std::uint64_t allowed =
      member.method == 0 ? limit : std::min(limit, kMostExcess + kUsual * member.packed);
  if (member.size > allowed)
    throw bad_zip(name, "the member is too large", std::to_string(member.size),
                  "at most " + std::to_string(allowed) + " bytes");
  std::vector<std::byte> out = member.method == 0 ? std::vector<std::byte>(packed.begin(), packed.end())
                                                  : inflated(packed, member.size, name);
  const auto* bytes = reinterpret_cast<const Bytef*>(out.data());
  if (crc32(crc32(0, nullptr, 0), bytes, static_cast<uInt>(out.size())) != member.crc)
    throw bad_zip(name, "the member is damaged: its check sum is another one", "", "");
  return out;
}

}  // namespace thalweg
