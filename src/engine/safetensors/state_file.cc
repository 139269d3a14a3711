#include "safetensors/state_file.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

#include "safetensors/crc32.h"
#include "safetensors/first_thrown.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::uint64_t kPiece = std::uint64_t{2} << 20;  // what a thread takes at a time: a huge page
constexpr std::size_t kCached = std::size_t{256} << 10;   // what is still in a cache when its CRC is formed

thread_local std::vector<std::byte> scratch;  // for as long as a file is verified

[[noreturn]] void fail(const std::string& where, const std::string& what, const std::string& got = {},
                       const std::string& want = {}, const std::string& hint = {}) {
  throw Error(Code::data, {where, what, got, want, hint});
}

std::uint32_t crc(std::string_view text, std::uint32_t before = 0) {
  return crc32_of(std::as_bytes(std::span(text.data(), text.size())), before);
}

// The length that the file declares.
std::uint64_t header_length(const StateSource& source) {
  if (source.size() < kLengthBytes)
    fail(source.name(), "the file is truncated", print_bytes(source.size()), "at least 8");
  std::uint64_t length;
  source.read(0, std::as_writable_bytes(std::span(&length, 1)));
  const std::string where = source.name() + ", byte 0";
  if (length > kMaxHeader) {
    fail(where, "the length of the header is invalid", print_bytes(length),
         "at most " + std::to_string(kMaxHeader), "the file is damaged or not a safetensors file");
  }
  if (length > source.size() - kLengthBytes) {
    fail(where, "the header reaches beyond the file", print_bytes(length),
         "at most " + std::to_string(source.size() - kLengthBytes), "the file is truncated or damaged");
  }
  return length;
}

void check_crc(const std::string& where, std::string_view part, std::string_view stored,
               std::uint32_t computed) {
  if (stored == hex(computed)) return;
  fail(where, "the " + std::string(part) + " does not match its checksum", hex(computed), excerpt(stored),
       "the file is damaged");
}

void check_header(const std::string& file, std::string_view header, std::string_view checksum) {
  constexpr std::size_t kDigits = kNoDigits.size();
  const std::string_view at = header.substr(std::min(kChecksumHead.size(), header.size()), kDigits);
  if (checksum.size() != kDigits || !header.starts_with(kChecksumHead) || at != checksum) {
    fail(file + ", metadata", "a checksum of another kind", excerpt(checksum),
         "16 digits at byte " + std::to_string(kLengthBytes + kChecksumHead.size()),
         "the file is damaged or was changed by another tool");
  }
  const std::string where = file + ", bytes 8 to " + std::to_string(kLengthBytes + header.size());
  check_crc(where, "header", checksum.substr(0, kDigits / 2), header_crc(header));
}

}  // namespace

int useful_threads(std::uint64_t bytes, int threads) {
  return static_cast<int>(
      std::clamp<std::uint64_t>(bytes / kPiece, 1, static_cast<std::uint64_t>(std::max(1, threads))));
}

std::string hex(std::uint32_t number) {
  std::array<char, 9> text;
  std::snprintf(text.data(), text.size(), "%08x", number);
  return text.data();
}

std::uint32_t header_crc(std::string_view header) {
  const std::uint32_t before = crc(kNoDigits, crc(header.substr(0, kChecksumHead.size())));
  return crc(header.substr(kChecksumHead.size() + kNoDigits.size()), before);
}

StateFile::StateFile(StateSource source) : source_(std::move(source)) {
  std::string text(header_length(source_), '\0');
  source_.read(kLengthBytes, std::as_writable_bytes(std::span(text)));
  header_ = read_header(name(), text);
  begin_ = kLengthBytes + text.size();
  bytes_ = source_.size() - begin_;
  const auto checksum = metadata().find(std::string(kChecksum));
  if (checksum != metadata().end()) check_header(name(), text, checksum->second);
  check_places(name(), tensors(), bytes_);
}

std::uint32_t StateFile::crc_of_piece(std::uint64_t begin, std::uint64_t end) const {
  if (const std::byte* memory = source_.memory(); memory != nullptr)
    return crc32_of({memory + begin_ + begin, end - begin});
  scratch.resize(kCached);
  std::uint32_t crc = 0;
  for (std::uint64_t at = begin; at < end; at += kCached) {
    const std::span<std::byte> into(scratch.data(), std::min<std::size_t>(kCached, end - at));
    source_.read(begin_ + at, into);
    if (has_checksum()) crc = crc32_of(into, crc);
  }
  return crc;
}

void StateFile::verify(Team& team) const {
  std::vector<std::uint32_t> crcs((bytes_ + kPiece - 1) / kPiece);
  FirstThrown thrown;
  for_each_part(team, bytes_, kPiece, [&](std::uint64_t begin, std::uint64_t end) {
    thrown.unless([&] { crcs[begin / kPiece] = crc_of_piece(begin, end); });
  });
  scratch = {};  // the other members end with their team
  thrown.rethrow();
  if (!has_checksum()) return;
  std::uint32_t whole = 0;
  for (std::size_t i = 0; i < crcs.size(); ++i)
    whole = crc32_joined(whole, crcs[i], std::min(kPiece, bytes_ - i * kPiece));
  check_crc(name() + ", bytes " + std::to_string(begin_) + " to the end", "data",
            metadata().at(std::string(kChecksum)).substr(kNoDigits.size() / 2), whole);
}

}  // namespace thalweg
