#include "run/folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string_view>
#include <system_error>

#include "base/file.h"
#include "base/spec.h"
#include "thalweg/error.h"
#include "train/own_file.h"

namespace thalweg {
namespace {

constexpr std::size_t kNewestKept = 2;
constexpr std::string_view kSuffix = ".safetensors";
constexpr std::string_view kFiles[] = {"lock",          "metrics.jsonl",    "details.jsonl", "plan.txt",
                                       "encoding.json", "environment.json", "checkpoints",   "config.toml",
                                       "examples.json", "result.json",      "report.html"};
constexpr std::size_t kBegun = 7;  // of them are there before the configuration
constexpr std::array<std::string_view, 5> kPrefixes = {"", "kept-", "best-", "changed-",
                                                       "averaged-"};  // by Kept

Error cannot_lock(const std::filesystem::path& path) {
  return Error(Code::resource,
               {path.string(), "the run directory cannot be locked", system_message(errno), "", ""});
}

// The updates in the name of a checkpoint of that kind; nothing for another name.
std::optional<std::uint64_t> updates_in(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix) || !name.ends_with(kSuffix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  name.remove_suffix(kSuffix.size());
  return read_exactly<std::uint64_t>(name);
}

bool is_checkpoint(std::string_view name) {
  return std::ranges::any_of(kPrefixes,
                             [&](std::string_view prefix) { return updates_in(name, prefix).has_value(); });
}

bool among(FileNames names, std::string_view name) { return std::ranges::find(names, name) != names.end(); }

// Whether there is work in it: lines, or checkpoints.
bool has_content(const std::filesystem::directory_entry& entry) {
  std::error_code error;
  const bool grows = entry.is_directory(error) || entry.path().extension() == ".jsonl";
  return grows && !std::filesystem::is_empty(entry.path(), error);
}

// The process that holds the lock, as it wrote itself down.
std::string owner(int file) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(file, text.data(), text.size(), 0);
  const std::string_view all(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  const auto pid = read_exactly<std::uint64_t>(all.substr(0, all.find('\n')));
  return pid ? "process " + std::to_string(*pid) + " is using it" : "another process is using it";
}

}  // namespace

void check_run(const std::filesystem::path& directory) {
  std::error_code error;
  if (std::filesystem::exists(directory / "config.toml", error)) return;
  const auto has = [&](std::string_view name) { return std::filesystem::exists(directory / name, error); };
  if (has(kFoldsSettings)) {
    throw Error(Code::data, {directory.string(), "not one run, but those of all folds", "",
                             "one of them, such as " + (directory / "fold-1").string(),
                             "one model of all rows is trained by the same settings with --held-out 0"});
  }
  throw Error(
      Code::data,
      {directory.string(), "not a run directory", "no config.toml", "a directory that `thalweg train` made",
       has("checkpoints") ? "if its training was ended at once, start it again as it was" : ""});
}

void check_free(const std::filesystem::path& directory, FileNames names, std::size_t begun) {
  std::error_code error;
  if (!std::filesystem::exists(directory, error)) return;
  bool free = std::filesystem::is_directory(directory, error);
  bool locked = false;
  bool empty = true;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    empty = false;
    locked = locked || name == "lock";
    free =
        free && (among(names.first(begun), name) || among(names, temporary_of(name))) && !has_content(entry);
  }
  if (free && (empty || locked)) return;
  if (!std::filesystem::is_directory(directory, error))
    throw Error(Code::usage, {directory.string(), "no folder", "a file", "a new folder", ""});
  throw Error(Code::usage, {directory.string(), "the run directory exists and is not empty", "",
                            "a new folder", "choose another, or continue with --resume"});
}

void check_free(const std::filesystem::path& run) { check_free(run, kFiles, kBegun); }

void check_own_files(const std::filesystem::path& directory, FileNames names) {
  for (const std::string_view name : names) check_own_file(directory / name);
}

void check_own_files(const std::filesystem::path& run) {
  check_own_files(run, kFiles);
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(run / "checkpoints", error)) {
    if (is_checkpoint(entry.path().filename().string())) check_own_file(entry.path());
  }
}

void remove_own_leftovers(const std::filesystem::path& directory, FileNames names) {
  remove_leftovers(directory, [&](std::string_view name) { return among(names, name); });
}

void remove_own_leftovers(const std::filesystem::path& run) {
  remove_own_leftovers(run, kFiles);
  remove_leftovers(run / "checkpoints", is_checkpoint);
}

std::filesystem::path make_next_directory(const std::filesystem::path& parent) {
  make_folder(parent);
  std::uint64_t next = 1;
  for (const auto& entry : std::filesystem::directory_iterator(parent)) {
    if (const auto number = read_exactly<std::uint64_t>(entry.path().filename().string()))
      next = std::max(next, *number + 1);
  }
  std::error_code error;
  while (!std::filesystem::create_directory(parent / std::to_string(next), error)) {
    if (error)
      throw Error(Code::resource, {parent.string(), "the folder cannot be created", error.message(), "", ""});
    ++next;
  }
  return parent / std::to_string(next);
}

RunLock::RunLock(const std::filesystem::path& directory)
    : path_(directory / "lock"), file_(open_own_file(path_, O_RDWR | O_CREAT)) {
  if (file_ < 0) throw cannot_lock(path_);
  constexpr int kTries = 5;  // who looks whether a run is alive holds the lock for a moment
  for (int i = 0; i < kTries; ++i) {
    if (i > 0) ::usleep(10000);
    if (::flock(file_, LOCK_EX | LOCK_NB) == 0) return;
  }
  const bool taken = errno == EWOULDBLOCK;
  const Error error = taken ? Error(Code::usage, {directory.string(), "the run directory is in use",
                                                  owner(file_), "", "wait for it, or choose another"})
                            : cannot_lock(path_);
  ::close(file_);
  throw error;
}

RunLock::~RunLock() { ::close(file_); }

void RunLock::sign() {
  const std::string text = std::to_string(::getpid()) + "\n";
  const bool written = ::ftruncate(file_, 0) == 0 &&
                       ::pwrite(file_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
  if (written) return;
  throw Error(Code::resource, {path_.string(), "cannot be written", system_message(errno),
                               std::to_string(text.size()) + " bytes", "free some space"});
}

std::filesystem::path checkpoint_path(const std::filesystem::path& directory, std::uint64_t updates,
                                      Kept kept) {
  const std::string prefix(kPrefixes[static_cast<std::size_t>(kept)]);
  return directory / "checkpoints" / (prefix + std::to_string(updates) + std::string(kSuffix));
}

std::vector<std::uint64_t> checkpoints(const std::filesystem::path& directory, Kept kept) {
  const std::string_view prefix = kPrefixes[static_cast<std::size_t>(kept)];
  std::vector<std::uint64_t> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory / "checkpoints", error)) {
    if (const auto updates = updates_in(entry.path().filename().string(), prefix)) found.push_back(*updates);
  }
  std::sort(found.rbegin(), found.rend());
  return found;
}

std::vector<std::filesystem::path> resumable_checkpoints(const std::filesystem::path& directory) {
  std::vector<std::pair<std::uint64_t, Kept>> all;
  for (const Kept kept : {Kept::newest, Kept::always}) {
    for (const std::uint64_t updates : checkpoints(directory, kept)) all.emplace_back(updates, kept);
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  std::vector<std::filesystem::path> paths;
  for (const auto& [updates, kept] : all) paths.push_back(checkpoint_path(directory, updates, kept));
  return paths;
}

void prune_checkpoints(const std::filesystem::path& directory, std::uint64_t updates) {
  const auto remove = [&](std::uint64_t other, Kept kept) {
    std::error_code ignored;  // a checkpoint too many harms nobody
    std::filesystem::remove(checkpoint_path(directory, other, kept), ignored);
  };
  std::vector<std::uint64_t> newest;  // and in the end all that stay
  for (const std::uint64_t other : checkpoints(directory)) {
    if (other <= updates && newest.size() < kNewestKept) {
      newest.push_back(other);
    } else {
      remove(other, Kept::newest);
    }
  }
  // The best weights of a checkpoint are the latest ones up to it.
  const std::vector<std::uint64_t> best = checkpoints(directory, Kept::best);
  for (std::size_t i = 0; i < best.size(); ++i) {
    const std::uint64_t until = i == 0 ? UINT64_MAX : best[i - 1];
    const bool needed = best[i] <= updates && std::any_of(newest.begin(), newest.end(), [&](std::uint64_t u) {
                          return u >= best[i] && u < until;
                        });
    if (!needed) remove(best[i], Kept::best);
  }
  for (const std::uint64_t other : checkpoints(directory, Kept::always)) {
    other > updates ? remove(other, Kept::always) : newest.push_back(other);
  }
  for (const std::uint64_t other : checkpoints(directory, Kept::averaged)) {
    if (std::ranges::find(newest, other) == newest.end()) remove(other, Kept::averaged);
  }
}

void settle_change(const std::filesystem::path& directory, std::uint64_t updates) {
  const std::filesystem::path result = directory / "result.json";
  std::error_code error;
  if (std::filesystem::remove(result, error)) sync_folder(directory);  // before what tells that it is old
  if (error) throw Error(Code::resource, {result.string(), "cannot be removed", error.message(), "", ""});
  const std::filesystem::path from = checkpoint_path(directory, updates, Kept::changed);
  const std::filesystem::path to = checkpoint_path(directory, updates);
  std::filesystem::rename(from, to, error);
  if (error == std::errc::no_such_file_or_directory) return;  // nothing was trained yet
  if (error) throw Error(Code::resource, {to.string(), "cannot be written", error.message(), "", ""});
  sync_folder(directory / "checkpoints");
}

void drop_changes(const std::filesystem::path& directory) {
  for (const std::uint64_t updates : checkpoints(directory, Kept::changed)) {
    std::error_code ignored;  // it does not count
    std::filesystem::remove(checkpoint_path(directory, updates, Kept::changed), ignored);
  }
}

}  // namespace thalweg
