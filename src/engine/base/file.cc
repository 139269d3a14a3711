#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>
#include <utility>

#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::uint64_t kDiskPiece = std::uint64_t{16} << 20;  // that is worth telling the disk of

constexpr std::string_view kTemporary = ".tmp-";  // then the numbers of the process and of the file

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

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : ".";
}

Error unwritable(const std::filesystem::path& path, int reason, std::uint64_t bytes) {
  const std::string hint = reason == ENOENT    ? "make the folder `" + folder_of(path).string() + "` first"
                           : reason == ENOTDIR ? "`" + folder_of(path).string() + "` is no folder"
                           : reason == EISDIR  ? "name a file in it"
                           : reason == ENOSPC || reason == EDQUOT || reason == EFBIG
                               ? "free some space or choose another folder"
                               : "choose another folder";
  return Error(Code::resource, {path.string(), "cannot be written", system_message(reason),
                                std::to_string(bytes) + " bytes", hint});
}

// What may not give way to a file: a folder, a device, a pipe, a socket. A link may.
void check_replaceable(const std::filesystem::path& path, std::uint64_t bytes) {
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode) || S_ISLNK(status.st_mode)) return;
  if (S_ISDIR(status.st_mode)) throw unwritable(path, EISDIR, bytes);
  const bool device = S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode);
  throw Error(Code::resource, {path.string(), "cannot be replaced by a file",
                               device                     ? "a device"
                               : S_ISFIFO(status.st_mode) ? "a pipe"
                                                          : "a socket",
                               "a regular file or a new name", ""});
}

std::int64_t modified_at(const struct stat& status) {
  return static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
}

// Opens the temporary file; -1 leaves the reason in errno. It gets owner and mode of what it is to replace.
int open_temporary(const std::filesystem::path& path, const std::filesystem::path& old) {
  struct stat status;
  const bool replaces = ::lstat(old.c_str(), &status) == 0 && S_ISREG(status.st_mode);
  const int fd =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, replaces ? 0600 : 0666);
  if (fd < 0 || !replaces) return fd;
  [[maybe_unused]] const int given = ::fchown(fd, status.st_uid, status.st_gid);  // root alone may
  if (::fchmod(fd, status.st_mode & 0777) == 0) return fd;
  const int reason = errno;
  ::close(fd);
  ::unlink(path.c_str());
  errno = reason;
  return -1;
}

// A name beside `path` that nothing has. Two threads may replace the same file, and a process that was killed
// may have had the number of this one.
std::filesystem::path temporary_beside(const std::filesystem::path& path) {
  static std::atomic<std::uint64_t> serial{0};
  std::filesystem::path temporary;
  struct stat status;
  do {
    temporary = path;
    temporary += std::string(kTemporary) + std::to_string(::getpid()) + "-" + std::to_string(serial++);
  } while (::lstat(temporary.c_str(), &status) == 0);
  return temporary;
}

bool is_file_of(int fd, const struct stat& status) {
  struct stat open;
  return ::fstat(fd, &open) == 0 && open.st_dev == status.st_dev && open.st_ino == status.st_ino;
}

// Writes over what is there and cuts what was longer.
bool write_into(const std::filesystem::path& path, const struct stat& status,
                std::span<const std::byte> bytes) {
  const bool regular = S_ISREG(status.st_mode);
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
    if (regular && is_file_of(fd, status)) return write_all(fd, bytes);  // after what was printed before
  }
  Descriptor file(path, O_WRONLY | O_NOCTTY);
  if (!file.open() || !write_all(file.get(), bytes)) return false;
  if (regular && ::ftruncate(file.get(), static_cast<off_t>(bytes.size())) != 0) return false;
  return file.close();
}

bool synced(const std::filesystem::path& folder) {
  Descriptor handle(folder, O_RDONLY | O_DIRECTORY);
  return handle.open() && ::fsync(handle.get()) == 0;
}

}  // namespace

std::string system_message(int error_number) { return std::generic_category().message(error_number); }

std::filesystem::path followed(const std::filesystem::path& path, std::uint64_t bytes) {
  std::error_code error;
  std::filesystem::path at = path;
  constexpr int kMostLinks = 40;  // as the system does
  for (int links = 0; links <= kMostLinks; ++links) {
    const std::filesystem::path target = std::filesystem::read_symlink(at, error);
    if (error) return at;
    at = at.parent_path() / target;
  }
  throw unwritable(path, ELOOP, bytes);
}

InputFile::InputFile(const std::filesystem::path& path) : path_(path) {
  errno = 0;
  fd_ = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);  // a pipe must not block the open
  struct stat status;
  if (fd_ < 0 || ::fstat(fd_, &status) != 0) {
    const Error error = unreadable(path, system_message(errno), "a readable file");
    if (fd_ >= 0) ::close(fd_);
    throw error;
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
  changed_ = modified_at(status);
  if (S_ISREG(status.st_mode)) return;
  ::close(fd_);
  errno = 0;
  throw unreadable(path, S_ISDIR(status.st_mode) ? "a folder" : "not a regular file", "a file");
}

InputFile::~InputFile() { ::close(fd_); }

void InputFile::check_unchanged() const {
  struct stat status;
  const bool same = ::fstat(fd_, &status) == 0 && static_cast<std::uint64_t>(status.st_size) == size_ &&
                    modified_at(status) == changed_;
  errno = 0;
  if (!same) throw unreadable(path_, "another content than before", "a file that nobody writes to");
}

void InputFile::read(std::uint64_t at, std::span<std::byte> into) const {
  while (!into.empty()) {
    errno = 0;
    const ssize_t got = ::pread(fd_, into.data(), into.size(), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw unreadable(path_, system_message(errno), "a readable file");
    if (got == 0)
      throw unreadable(path_, "the end after " + std::to_string(at) + " bytes", std::to_string(size_));
    at += static_cast<std::uint64_t>(got);
    into = into.subspan(static_cast<std::size_t>(got));
  }
}

Replacement::Replacement(const std::filesystem::path& path, std::uint64_t bytes)
    : path_(path), temporary_(temporary_beside(path)), bytes_(bytes) {
  check_replaceable(path_, bytes_);
  fd_ = open_temporary(temporary_, path);
  if (fd_ < 0) throw unwritable(path_, errno, bytes_);
}

Replacement::~Replacement() {
  if (fd_ >= 0) ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void Replacement::fail() const { throw unwritable(path_, errno, bytes_); }

void Replacement::append(std::span<const std::byte> bytes) {
  if (!write_all(fd_, bytes)) fail();
  appended_ += bytes.size();
  if (appended_ - on_its_way_ < kDiskPiece) return;
  // The disk begins while more is appended; what it cannot write, the sync at the end tells.
  static_cast<void>(::sync_file_range(fd_, static_cast<off64_t>(on_its_way_),
                                      static_cast<off64_t>(appended_ - on_its_way_), SYNC_FILE_RANGE_WRITE));
  on_its_way_ = appended_;
}

void Replacement::overwrite(std::uint64_t at, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail();
    at += static_cast<std::uint64_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void Replacement::put_in_place() {
  if (::fsync(fd_) != 0) fail();
  // Some file systems report a lost write only here.
  if (::close(std::exchange(fd_, -1)) != 0 || ::rename(temporary_.c_str(), path_.c_str()) != 0) fail();
  temporary_.clear();
  if (!synced(folder_of(path_))) {
    throw Error(Code::resource, {path_.string(), "is written, but its folder could not be synced",
                                 system_message(errno), "a durable rename", ""});
  }
}

std::vector<std::byte> read_file(const std::filesystem::path& path, std::uint64_t limit) {
  const InputFile file(path);
  if (file.size() > limit) {
    errno = 0;
    throw unreadable(path, std::to_string(file.size()) + " bytes", "at most " + std::to_string(limit));
  }
  std::vector<std::byte> bytes(file.size());
  file.read(0, bytes);
  return bytes;
}

std::string read_text_file(const std::filesystem::path& path, std::uint64_t limit) {
  const std::vector<std::byte> bytes = read_file(path, limit);
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void replace_file(const std::filesystem::path& path, std::span<const std::span<const std::byte>> parts) {
  std::uint64_t total = 0;
  for (const std::span<const std::byte> part : parts) total += part.size();
  Replacement file(path, total);
  for (const std::span<const std::byte> part : parts) file.append(part);
  file.put_in_place();
}

void replace_file(const std::filesystem::path& path, std::string_view text) {
  const std::span<const std::byte> part = std::as_bytes(std::span(text.data(), text.size()));
  replace_file(path, std::span(&part, 1));
}

void write_output(const std::filesystem::path& path, std::string_view text) {
  struct stat status;
  const bool there = ::stat(path.c_str(), &status) == 0;
  if (!there && errno != ENOENT) throw unwritable(path, errno, text.size());
  const bool standard = there && (is_file_of(STDOUT_FILENO, status) || is_file_of(STDERR_FILENO, status));
  const bool plain = !there || (S_ISREG(status.st_mode) && status.st_nlink == 1 && !standard);
  if (plain) return replace_file(followed(path, text.size()), text);
  if (!write_into(path, status, std::as_bytes(std::span(text)))) throw unwritable(path, errno, text.size());
}

void sync_folder(const std::filesystem::path& folder) {
  if (synced(folder)) return;
  throw Error(Code::resource, {folder.string(), "cannot be synced", system_message(errno), "", ""});
}

std::string_view temporary_of(std::string_view name) {
  const std::size_t mark = name.rfind(kTemporary);
  if (mark == name.npos) return {};
  const std::string_view numbers = name.substr(mark + kTemporary.size());
  const std::size_t dash = numbers.find('-');
  const bool two = dash != numbers.npos && dash > 0 && dash + 1 < numbers.size() &&
                   numbers.find('-', dash + 1) == numbers.npos;
  return two && numbers.find_first_not_of("0123456789-") == numbers.npos ? name.substr(0, mark)
                                                                         : std::string_view();
}

void remove_leftovers(const std::filesystem::path& folder,
                      const std::function<bool(std::string_view name)>& ours) {
  std::error_code ignored;  // they harm nobody
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    const std::string_view replaced = temporary_of(name);
    if (!replaced.empty() && ours(replaced)) ::unlink(entry.path().c_str());
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
