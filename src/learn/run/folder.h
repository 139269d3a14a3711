// The directory of a run: its names, its lock and its checkpoints.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace thalweg {

// In a directory of the runs of folds, which is none itself.
inline constexpr std::string_view kFoldsSettings = "folds.toml";

// Throws Error(data) when `directory` is not a run directory.
void check_run(const std::filesystem::path& directory);

// Files that are written in a folder, by name.
using FileNames = std::span<const std::string_view>;

// Throws Error(usage) for one that exists and holds anything, but for the first `begun` of our names and what
// killed processes left of the others: so its making leaves it when it is cut off. They count only beside a
// lock, which is made first, and while there is no work in them.
void check_free(const std::filesystem::path& directory, FileNames names, std::size_t begun);
void check_free(const std::filesystem::path& run);

// The folder may be a stranger's: throws Error(data) when one of these files is a link, or is no file.
void check_own_files(const std::filesystem::path& directory, FileNames names);

// The same of everything that a run writes; its checkpoints stand in a real folder.
void check_own_files(const std::filesystem::path& run);

// Removes what killed processes left of files that were being written, under our own names alone. The caller
// holds the lock.
void remove_own_leftovers(const std::filesystem::path& directory, FileNames names);
void remove_own_leftovers(const std::filesystem::path& run);

// Makes `parent`/<n> with the next free number, so that nobody else takes it.
std::filesystem::path make_next_directory(const std::filesystem::path& parent);

// Holds a run directory for this process. The kernel lets go of it when the process ends, however it ends.
class RunLock {
 public:
  // Throws Error(usage) naming the process that holds it, Error(resource) when it cannot be locked.
  explicit RunLock(const std::filesystem::path& directory);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

  // Writes down who holds it. To be called before anything else is written.
  void sign();

 private:
  std::filesystem::path path_;
  int file_;
};

// A checkpoint of a run by what it is kept for. Files: 120.safetensors, kept-120.safetensors,
// best-120.safetensors and, while a run gets another length, changed-120.safetensors, each after so many
// updates. averaged-120.safetensors has what batch_norm keeps under the averages of the first two.
enum class Kept { newest, always, best, changed, averaged };

std::filesystem::path checkpoint_path(const std::filesystem::path& directory, std::uint64_t updates,
                                      Kept kept = Kept::newest);

// The updates of all checkpoints of one kind, newest first.
std::vector<std::uint64_t> checkpoints(const std::filesystem::path& directory, Kept kept = Kept::newest);

// Every file to continue from, newest first; without those of a change.
std::vector<std::filesystem::path> resumable_checkpoints(const std::filesystem::path& directory);

// Removes what is not needed once a checkpoint after `updates` is written: all but two of the newest, all
// best weights but those that belong to these two, and whatever is from beyond `updates`: it is damaged, or
// the run would have gone on from it.
void prune_checkpoints(const std::filesystem::path& directory, std::uint64_t updates);

// Ends a change of length, once the configuration says what the run has become: the result goes, and the
// checkpoint of the change after `updates` takes its place among the newest. May be done again after it was
// cut off. Throws Error(resource).
void settle_change(const std::filesystem::path& directory, std::uint64_t updates);

// Removes checkpoints of changes that were cut off before the configuration said so.
void drop_changes(const std::filesystem::path& directory);

}  // namespace thalweg
