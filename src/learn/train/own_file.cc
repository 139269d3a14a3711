#include "train/own_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "thalweg/error.h"

namespace thalweg {
namespace {

// What leads out of the folder, or blocks who opens it; a folder cannot be written into at all.
void check_own(const std::filesystem::path& path, const struct stat& status) {
  const bool link = S_ISLNK(status.st_mode);
  if (S_ISDIR(status.st_mode) || (S_ISREG(status.st_mode) && status.st_nlink <= 1)) return;
  const std::string got = link                      ? "a symbolic link"
                          : S_ISREG(status.st_mode) ? std::to_string(status.st_nlink) + " names of one file"
                                                    : "a pipe or a device";
  throw Error(Code::data, {path.string(), "not a file of this folder alone", got,
                           "a regular file with one name", "copy the folder with `cp -rL` and use the copy"});
}

}  // namespace

void check_own_file(const std::filesystem::path& path) {
  struct stat status;
  if (::lstat(path.c_str(), &status) == 0) check_own(path, status);
}

int open_own_file(const std::filesystem::path& path, int flags) {
  check_own_file(path);  // first: to open a device may do something
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
  struct stat status;
  if (fd < 0 || ::fstat(fd, &status) != 0) return fd;
  try {
    check_own(path, status);
  } catch (...) {
    ::close(fd);
    throw;
  }
  return fd;
}

}  // namespace thalweg
