// Files that are whole or not there: reading with checked sizes, replacing by rename.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace thalweg {

// The whole file. Throws Error(data) when it is missing, unreadable, not a regular file or larger than
// `limit`.
std::vector<std::byte> read_file(const std::filesystem::path& path, std::uint64_t limit = UINT64_MAX);
std::string read_text_file(const std::filesystem::path& path, std::uint64_t limit = std::uint64_t{1} << 30);

// Puts the parts, one after the other, at `path` so that a reader, also after a crash, sees the old file or
// the new one: a sibling temporary file is written, synced and renamed, then the folder is synced. Throws
// Error(resource) naming path and bytes, with the old file untouched and the temporary one removed.
void replace_file(const std::filesystem::path& path, std::span<const std::span<const std::byte>> parts);
void replace_file(const std::filesystem::path& path, std::string_view text);

// Removes the temporary files of replace_file() whose process was killed. No other one may be writing there.
void remove_leftovers(const std::filesystem::path& folder);

// Creates a folder with its parents. Throws Error(resource) naming it.
void make_folder(const std::filesystem::path& path);

// A message of the system: "No space left on device".
std::string system_message(int error_number);

}  // namespace thalweg
