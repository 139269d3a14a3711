#include "safetensors/state_file.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <exception>
#include <mutex>
#include <utility>

#include "safetensors/crc32.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::uint64_t kPiece = std::uint64_t{2} << 20;  // what a thread takes at a time: a huge page
constexpr std::size_t kCached = std::size_t{256} << 10;   // what is still in a cache when its CRC is formed

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

std::span<const std::byte> Elements::of(const TensorPlace& place) const {
  if (place.begin == place.end) return {};
  const auto run = std::ranges::upper_bound(runs_, place.begin, {}, &Run::begin) - 1;
  return {run->at + (place.begin - run->begin), place.end - place.begin};
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

// Elements that one thread reads.
struct StateFile::Piece {
  std::uint64_t begin, end;
  std::byte* into;  // null: nobody wants them, or they are in memory
};

// All elements, in order; without a checksum only those that are kept.
std::vector<StateFile::Piece> StateFile::pieces_of(const Elements& elements) const {
  std::vector<Piece> pieces;
  const bool in_memory = source_.memory() != nullptr;
  const auto add = [&](std::uint64_t begin, std::uint64_t end, std::byte* into) {
    if (!has_checksum() && into == nullptr) return;
    for (std::uint64_t at = begin; at < end; at += kPiece) {
      pieces.push_back({at, std::min(end, at + kPiece), into == nullptr ? nullptr : into + (at - begin)});
    }
  };
  std::uint64_t next = 0;
  for (const Elements::Run& run : elements.runs_) {
    add(next, run.begin, nullptr);
    add(run.begin, run.end, in_memory ? nullptr : const_cast<std::byte*>(run.at));  // in its own arena
    next = run.end;
  }
  add(next, bytes_, nullptr);
  return pieces;
}

// Reads a piece, and returns its CRC.
std::uint32_t StateFile::take(const Piece& piece) const {
  if (const std::byte* memory = source_.memory(); memory != nullptr)
    return crc32_of({memory + begin_ + piece.begin, piece.end - piece.begin});
  std::vector<std::byte> scratch;
  if (piece.into == nullptr) scratch.resize(std::min<std::size_t>(kCached, piece.end - piece.begin));
  std::uint32_t crc = 0;
  for (std::uint64_t at = piece.begin; at < piece.end; at += kCached) {
    const std::size_t n = std::min<std::size_t>(kCached, piece.end - at);
    const std::span<std::byte> into(piece.into == nullptr ? scratch.data() : piece.into + (at - piece.begin),
                                    n);
    source_.read(begin_ + at, into);
    if (has_checksum()) crc = crc32_of(into, crc);
  }
  return crc;
}

Elements StateFile::read(std::vector<TensorPlace> wanted, Team& team) const {
  Elements elements;
  std::erase_if(wanted, [](const TensorPlace& place) { return place.begin == place.end; });
  std::ranges::sort(wanted, {}, &TensorPlace::begin);
  for (const TensorPlace& place : wanted) {
    if (elements.runs_.empty() || elements.runs_.back().end != place.begin)
      elements.runs_.push_back({place.begin, place.end, nullptr});
    elements.runs_.back().end = place.end;
  }
  const std::byte* memory = source_.memory();
  std::size_t total = 0;
  for (const auto& run : elements.runs_) total += Arena::padded(run.end - run.begin);
  if (memory == nullptr) elements.arena_.reserve(total);
  for (auto& run : elements.runs_) {
    run.at = memory != nullptr ? memory + begin_ + run.begin
                               : static_cast<const std::byte*>(elements.arena_.allocate(run.end - run.begin));
  }
  const std::vector<Piece> pieces = pieces_of(elements);
  std::vector<std::uint32_t> crcs(pieces.size());
  std::mutex mutex;
  std::exception_ptr thrown;
  for_each_block(team, pieces.size(), [&](std::size_t i) {
    try {
      crcs[i] = take(pieces[i]);
    } catch (...) {
      const std::lock_guard hold(mutex);
      thrown = std::current_exception();
    }
  });
  if (thrown != nullptr) std::rethrow_exception(thrown);
  if (!has_checksum()) return elements;
  std::uint32_t whole = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i)
    whole = crc32_joined(whole, crcs[i], pieces[i].end - pieces[i].begin);
  check_crc(name() + ", bytes " + std::to_string(begin_) + " to the end", "data",
            metadata().at(std::string(kChecksum)).substr(kNoDigits.size() / 2), whole);
  return elements;
}

}  // namespace thalweg
