// The bytes of a data file, read from front to back and inflated on the way when it is a gzip or zstd file,
// which is known by its first bytes, not by its name. "-" and /dev/stdin are stdin, which is read once a
// process; of a pipe everything is read that comes before its end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "files/unpacker.h"

namespace thalweg {

// The path that means stdin.
inline constexpr std::string_view kStandardInput = "-";

// Those of stdin are there for everyone who asks.
inline constexpr const char* kStandardInputName = "stdin";  // in messages

using Bytes = std::shared_ptr<const std::vector<std::byte>>;

// What is called `path`: a file, a pipe, a device, or stdin. Throws Error(data) as Input does.
Bytes read_bytes(const std::filesystem::path& path);

// What messages call it.
std::string name_of(const std::filesystem::path& path);

class Input {
 public:
  // Throws Error(data) when the file cannot be read, and for more than 1 GiB from a pipe or a device.
  explicit Input(const std::filesystem::path& path);
  // Bytes that are in memory already, with a name for messages.
  Input(std::string name, std::vector<std::byte> bytes);
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  std::uint64_t at() const { return at_; }  // bytes read so far

  // There are no more bytes to come than this. Exact for a plain file; for a packed one what its form
  // could have put into it. To be asked before a size that a file declares is believed.
  std::uint64_t at_most() const;

  // The next `count` bytes; Error(data) when there are fewer, or more than most_inflated() with them.
  std::vector<std::uint8_t> read(std::uint64_t count);

  // Throws Error(data) unless every byte has been read; for a packed file only this checks its last sum.
  void finish();

  // An Error(data) that names the file and byte `place` of its content. At its first byte a form that the
  // file has instead is told too.
  [[nodiscard]] Error error(std::uint64_t place, std::string what, std::string got, std::string want) const;

 private:
  std::string path_;
  Bytes file_;
  std::unique_ptr<Unpacker> unpacker_;
  std::uint64_t at_ = 0;
};

// The whole content of a text file, inflated when it is a packed one.
class TextFile {
 public:
  // Throws Error(data) as Input does, for what is no text by its first bytes, naming what it is, and for
  // packed data that inflate to more than most_inflated().
  explicit TextFile(const std::filesystem::path& path);
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;

  const std::string& name() const { return name_; }
  std::string_view text() const;
  void forget();  // the text, whose memory others need

 private:
  std::string name_;
  Bytes file_;
  std::vector<std::uint8_t> inflated_;
  bool packed_ = false;
};

}  // namespace thalweg
