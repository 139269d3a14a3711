#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>

#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::string_view kTemporary = ".tmp-";  // then the numbers of the process and of the file

bool is_temporary(const std::string& name) {
  const std::size_t mark = name.rfind(kTemporary);
  return mark != name.npos && mark > 0 && mark + kTemporary.size() < name.size() &&
         name.find_first_not_of("0123456789-", mark + kTemporary.size()) == name.npos;
}

class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags, mode_t mode = 0)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  bool open() const { return fd_ >= 0; }
  int get() const { return fd_; }

  // Closes and says whether that went well; some file systems report a lost write only here.
  bool close() {
    const int fd = fd_;
    fd_ = -1;
    return ::close(fd) == 0;
  }

 private:
  int fd_;
};

bool write_all(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

Error unreadable(const std::filesystem::path& path, const std::string& got, const std::string& want) {
  const Code code = errno == EMFILE || errno == ENFILE || errno == ENOMEM ? Code::resource : Code::data;
  return Error(code, {path.string(), "cannot be read", got, want, ""});
}

// Writes and syncs the temporary file; false leaves the reason in errno.
bool write_synced(const std::filesystem::path& path, std::span<const std::span<const std::byte>> parts) {
  Descriptor file(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (!file.open()) return false;
  for (const std::span<const std::byte> part : parts) {
    if (!write_all(file.get(), part)) return false;
  }
  return ::fsync(file.get()) == 0 && file.close();
}

bool sync_folder(const std::filesystem::path& folder) {
  Descriptor handle(folder, O_RDONLY | O_DIRECTORY);
  return handle.open() && ::fsync(handle.get()) == 0;
}

}  // namespace

std::string system_message(int error_number) { return std::generic_category().message(error_number); }

std::vector<std::byte> read_file(const std::filesystem::path& path, std::uint64_t limit) {
  errno = 0;
  Descriptor file(path, O_RDONLY | O_NONBLOCK);  // a pipe must not block the open
  if (!file.open()) throw unreadable(path, system_message(errno), "a readable file");
  struct stat status;
  if (::fstat(file.get(), &status) != 0) throw unreadable(path, system_message(errno), "a readable file");
  if (!S_ISREG(status.st_mode)) {
    errno = 0;
    throw unreadable(path, S_ISDIR(status.st_mode) ? "a folder" : "not a regular file", "a file");
  }
  const std::uint64_t size = static_cast<std::uint64_t>(status.st_size);
  if (size > limit) {
    errno = 0;
    throw unreadable(path, std::to_string(size) + " bytes", "at most " + std::to_string(limit));
  }
  std::vector<std::byte> bytes(size);
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw unreadable(path, system_message(errno), "a readable file");
    if (got == 0)
      throw unreadable(path, "the end after " + std::to_string(filled) + " bytes", std::to_string(size));
    filled += static_cast<std::size_t>(got);
  }
  return bytes;
}

std::string read_text_file(const std::filesystem::path& path, std::uint64_t limit) {
  const std::vector<std::byte> bytes = read_file(path, limit);
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void replace_file(const std::filesystem::path& path, std::span<const std::span<const std::byte>> parts) {
  std::uint64_t total = 0;
  for (const std::span<const std::byte> part : parts) total += part.size();
  static std::atomic<std::uint64_t> serial{0};  // two threads may replace the same file
  std::filesystem::path temporary = path;
  temporary += std::string(kTemporary) + std::to_string(::getpid()) + "-" + std::to_string(serial++);
  if (!write_synced(temporary, parts) || ::rename(temporary.c_str(), path.c_str()) != 0) {
    const std::string reason = system_message(errno);
    ::unlink(temporary.c_str());
    throw Error(Code::resource, {path.string(), "cannot be written", reason, std::to_string(total) + " bytes",
                                 "free some space or choose another folder"});
  }
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  if (!sync_folder(folder)) {
    throw Error(Code::resource, {path.string(), "is written, but its folder could not be synced",
                                 system_message(errno), "a durable rename", ""});
  }
}

void replace_file(const std::filesystem::path& path, std::string_view text) {
  const std::span<const std::byte> part = std::as_bytes(std::span(text.data(), text.size()));
  replace_file(path, std::span(&part, 1));
}

void remove_leftovers(const std::filesystem::path& folder) {
  std::error_code ignored;  // they harm nobody
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (is_temporary(entry.path().filename().string())) std::filesystem::remove(entry.path(), ignored);
  }
}

void make_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error || !std::filesystem::is_directory(path)) {
    throw Error(Code::resource, {path.string(), "the folder cannot be created",
                                 error ? error.message() : std::string("not a folder"), "", ""});
  }
}

}  // namespace thalweg
