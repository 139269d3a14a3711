// The directory of a run: its names, its lock and its checkpoints.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace thalweg {

// Throws Error(data) when `directory` is not a run directory.
void check_run(const std::filesystem::path& directory);

// Throws Error(usage) for one that exists and is not empty.
void check_free(const std::filesystem::path& directory);

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

// A checkpoint of a run by what it is kept for. Files: 120.safetensors, kept-120.safetensors and
// best-120.safetensors, each after so many updates.
enum class Kept { newest, always, best };

std::filesystem::path checkpoint_path(const std::filesystem::path& directory, std::uint64_t updates,
                                      Kept kept = Kept::newest);

// The updates of all checkpoints of one kind, newest first.
std::vector<std::uint64_t> checkpoints(const std::filesystem::path& directory, Kept kept = Kept::newest);

// Every file to continue from, newest first.
std::vector<std::filesystem::path> resumable_checkpoints(const std::filesystem::path& directory);

// Removes what is not needed once a checkpoint after `updates` is written: all but two of the newest, all
// best weights but those that belong to these two, and whatever is from beyond `updates`: it is damaged, or
// the run would have gone on from it.
void prune_checkpoints(const std::filesystem::path& directory, std::uint64_t updates);

}  // namespace thalweg
