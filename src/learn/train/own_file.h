// Files in folders of our own, which may come from a stranger.
#pragma once

#include <filesystem>

namespace thalweg {

// Throws Error(data) when what stands at `path` would lead out of its folder: a symbolic link, one of several
// names of a file, a pipe, a device. Nothing there is fine.
void check_own_file(const std::filesystem::path& path);

// The same, and opens it without following a link; -1 with errno where it cannot be opened.
int open_own_file(const std::filesystem::path& path, int flags);

}  // namespace thalweg
