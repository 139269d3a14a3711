// A safetensors file that is read: first its header, then its elements: once to verify them, and, where they
// are wanted, straight into place.
//
// Files written here carry a checksum: the metadata begins with "checksum", 16 hexadecimal digits. The first
// eight are the CRC-32 of the header as it stands with these 16 digits replaced by zeros, the others that of
// the elements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "base/threads.h"
#include "safetensors/header.h"
#include "safetensors/state_source.h"
#include "thalweg/error.h"

namespace thalweg {

class StateFile {
 public:
  // Reads and checks the header. Throws Error(data) naming file and place.
  explicit StateFile(StateSource source);

  const std::string& name() const { return source_.name(); }
  const std::map<std::string, std::string>& metadata() const { return header_.metadata; }
  const TensorPlaces& tensors() const { return header_.tensors; }

  // Whether the file has a checksum. That of the header was verified.
  bool has_checksum() const { return header_.metadata.contains("checksum"); }

  // Reads every element once and verifies the checksum, where there is one. Holds 256 KiB for each thread.
  // Throws Error(data).
  void verify(Team& team) const;

  // The elements of a tensor from byte `at` of it, from any thread. Throws Error(data) where the file cannot
  // be read.
  void read(const TensorPlace& place, std::uint64_t at, std::span<std::byte> into) const {
    source_.read(begin_ + place.begin + at, into);
  }

  // Throws Error(data) when somebody has written into the file since it was opened.
  void check_unchanged() const { source_.check_unchanged(); }

  // The same, where they are: null when they are in a file. They need not be aligned.
  const std::byte* memory(const TensorPlace& place) const {
    return source_.memory() == nullptr ? nullptr : source_.memory() + begin_ + place.begin;
  }

 private:
  std::uint32_t crc_of_piece(std::uint64_t begin, std::uint64_t end) const;

  StateSource source_;
  Header header_;
  std::uint64_t begin_ = 0;  // of the elements
  std::uint64_t bytes_ = 0;  // that they take
};

// What check() returns. Where it throws and the bytes are damaged, Error(data) says that instead: of a
// damaged file nobody knows what model it is of.
template <class Check>
auto damage_first(const StateFile& file, Team& team, Check&& check) {
  try {
    return check();
  } catch (const Error&) {
    file.verify(team);
    throw;
  }
}

// As many of `threads` as have something to do with a file of so many bytes.
int useful_threads(std::uint64_t bytes, int threads);

// How a header with a checksum begins: its digits are at a known place, not searched for in a hostile text.
inline constexpr std::string_view kChecksum = "checksum";
inline constexpr std::string_view kChecksumHead = R"({"__metadata__": {"checksum": ")";
inline constexpr std::string_view kNoDigits = "0000000000000000";

// Of a header with these digits for zeros.
std::uint32_t header_crc(std::string_view header);
std::string hex(std::uint32_t number);  // eight digits

}  // namespace thalweg
