// Packed data in memory, unpacked from front to back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thalweg/error.h"

namespace thalweg {

// Of a file of so many bytes no more is unpacked: the memory that data take is to be foretold by the size of
// their file. Images and texts pack to a tenth, rarely to less than a fiftieth.
inline constexpr std::uint64_t kUsual = 64;
inline constexpr std::uint64_t kMostExcess = std::uint64_t{28} << 20;  // of any stretch beyond that
constexpr std::uint64_t most_inflated(std::uint64_t packed) {
  return (std::uint64_t{4} << 20) + kUsual * packed;
}

// Unpacks as far as asked: what is not asked for takes neither time nor memory. Every call throws
// Error(data), naming the data and the byte, for data that are cut off, damaged or followed by something
// else.
class Unpacker {
 public:
  // `packed` must outlive the object. `form` is its name, `command` that of the program that unpacks it.
  Unpacker(std::span<const std::byte> packed, std::string where, std::string_view form,
           std::string_view command)
      : packed_(packed), where_(std::move(where)), form_(form), command_(command) {}
  virtual ~Unpacker() = default;
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;

  // Fills `out` and returns its size, or less at the end of the data.
  std::size_t read(std::span<std::uint8_t> out);

  // The next `most` bytes, or less at the end of the data. Memory grows with what is there, not with `most`.
  std::vector<std::uint8_t> take(std::uint64_t most);

  // All of it. Throws Error(data) also for more than `limit` bytes, of which no more is unpacked.
  std::vector<std::uint8_t> take_all(std::uint64_t limit);

  // No data of this size hold more bytes than this.
  virtual std::uint64_t capacity() const = 0;

  // What is thrown for more than `limit` bytes.
  Error too_large(std::uint64_t limit) const;

 protected:
  // Some of the bytes that are next; sets done_ at the end.
  virtual std::size_t unpack_some(std::span<std::uint8_t> out) = 0;

  std::span<const std::byte> rest() const { return packed_.subspan(at_); }
  std::uint64_t size() const { return packed_.size(); }
  Error damaged(const std::string& got) const;
  Error truncated() const;
  Error followed() const;  // by something else
  Error no_memory() const;

  std::size_t at_ = 0;  // byte of the data to be read next
  bool done_ = false;

 private:
  Error error(const std::string& what, const std::string& got, const std::string& want) const;

  std::span<const std::byte> packed_;
  std::string where_;
  std::string_view form_, command_;
  std::uint64_t excess_ = 0;  // bytes beyond the usual share, since that was last kept to
};

// What unpacks these bytes, which begin as gzip or zstd data do; null where they do not.
std::unique_ptr<Unpacker> unpacker_of(std::span<const std::byte> bytes, const std::string& where);

}  // namespace thalweg
