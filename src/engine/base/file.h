// Files that are whole or not there: reading with checked sizes, replacing by rename.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace thalweg {

// The whole file. Throws Error(data) when it is missing, unreadable, not a regular file or larger than
// `limit`.
std::vector<std::byte> read_file(const std::filesystem::path& path, std::uint64_t limit = UINT64_MAX);
std::string read_text_file(const std::filesystem::path& path, std::uint64_t limit = std::uint64_t{1} << 30);

// A file of which any thread reads any part.
class InputFile {
 public:
  // Throws as read_file().
  explicit InputFile(const std::filesystem::path& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }

  // Fills `into` with what stands from byte `at`. Throws Error(data) when it cannot, or the file ends before.
  void read(std::uint64_t at, std::span<std::byte> into) const;

  // Throws Error(data) when somebody has written into it since it was opened. One that took its place is not
  // seen.
  void check_unchanged() const;

 private:
  std::filesystem::path path_;
  std::uint64_t size_ = 0;
  std::int64_t changed_ = 0;  // when, in nanoseconds
  int fd_ = -1;
};

// A file in the making that takes the place of the one at `path`, as replace_file() does, once all of it is
// there. Every call throws Error(resource) naming path and bytes; until put_in_place() has begun the old file
// is untouched, and nothing of the new one stays when this object goes.
class Replacement {
 public:
  // `bytes`: how many there will be, for messages. A folder, a device, a pipe or a socket does not give way.
  Replacement(const std::filesystem::path& path, std::uint64_t bytes);
  ~Replacement();
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  void append(std::span<const std::byte> bytes);
  // Writes over what was appended before.
  void overwrite(std::uint64_t at, std::span<const std::byte> bytes);
  // Syncs the file, renames it and syncs the folder.
  void put_in_place();

 private:
  [[noreturn]] void fail() const;

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  std::uint64_t bytes_;
  std::uint64_t appended_ = 0;
  std::uint64_t on_its_way_ = 0;  // to the disk
  int fd_ = -1;
};

// Puts the parts, one after the other, at `path` so that a reader, also after a crash, sees the old file or
// the new one: a sibling temporary file is written, synced and renamed, then the folder is synced. The mode
// of the old file stays, and its owner where that is allowed. A link at `path` is replaced, not followed; a
// device, a pipe and a socket are refused.
// Throws Error(resource) naming path and bytes, with the old file untouched and the temporary one removed.
void replace_file(const std::filesystem::path& path, std::span<const std::span<const std::byte>> parts);
void replace_file(const std::filesystem::path& path, std::string_view text);

// Where symbolic links lead from `path`, which may be nothing yet: what a caller replaces who named a link.
// Throws Error(resource) for a circle; `bytes` as above.
std::filesystem::path followed(const std::filesystem::path& path, std::uint64_t bytes);

// Puts `text` where a person wants a result. Symbolic links are followed and a regular file is replaced as
// above. What is none (a device, a pipe), or has several names (hard links), or is what stdout or stderr go
// to, is written into: no device goes away, and every name shows the new text, but a crash may leave half of
// it. Throws Error(resource) naming path and bytes.
void write_output(const std::filesystem::path& path, std::string_view text);

// What a temporary file of replace_file() with that name is to replace; empty for any other name.
std::string_view temporary_of(std::string_view name);

// Removes the temporary files of replace_file() whose process was killed, for the names that are ours. No
// other process may be writing there.
void remove_leftovers(const std::filesystem::path& folder,
                      const std::function<bool(std::string_view name)>& ours);

// Makes what was renamed and removed in a folder outlive a loss of power. Throws Error(resource).
void sync_folder(const std::filesystem::path& folder);

// Creates a folder with its parents. Throws Error(resource) naming it.
void make_folder(const std::filesystem::path& path);

// A message of the system: "No space left on device".
std::string system_message(int error_number);

}  // namespace thalweg
