// gzip data (RFC 1952) in memory: all members one after the other, whole, checked, and nothing after them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "thalweg/error.h"

struct z_stream_s;

namespace thalweg {

// Deflate packs at most this many bytes into one: a match of 258 bytes in two bits.
inline constexpr std::uint64_t kMaxExpansion = 1032;

// Of a file of so many bytes no more is inflated: the memory that data take is to be foretold by the size of
// their file. Images and texts pack to a tenth, rarely to less than a fiftieth.
constexpr std::uint64_t most_inflated(std::uint64_t packed) { return (std::uint64_t{4} << 20) + 64 * packed; }

// What is thrown for more than `limit` bytes.
Error inflates_too_far(const std::string& where, std::uint64_t limit);

// Whether the bytes begin as gzip data do.
bool is_gzip(std::span<const std::byte> bytes);

// Inflates from front to back, as far as asked: what is not asked for takes neither time nor memory. `packed`
// must outlive the object. Every call throws Error(data), naming `where` and the byte, for data that are cut
// off, damaged or followed by something else.
class Gunzip {
 public:
  Gunzip(std::span<const std::byte> packed, std::string where);

  // Fills `out` and returns its size, or less at the end of the data.
  std::size_t read(std::span<std::uint8_t> out);

  // The next `most` bytes, or less at the end of the data. Memory grows with what is there, not with `most`.
  std::vector<std::uint8_t> take(std::uint64_t most);

 private:
  std::size_t inflate_some(std::span<std::uint8_t> out);
  void end_member();
  Error error(const std::string& what, const std::string& got, const std::string& want) const;

  std::span<const std::byte> packed_;
  std::string where_;
  std::unique_ptr<z_stream_s, void (*)(z_stream_s*)> stream_;
  std::size_t at_ = 0;  // byte of `packed` to be read next
  bool done_ = false;   // the last member has ended
};

// All of it. Throws Error(data) also for more than `limit` bytes, of which no more is inflated.
std::vector<std::uint8_t> gunzip(std::span<const std::byte> packed, const std::string& where,
                                 std::uint64_t limit);

}  // namespace thalweg
