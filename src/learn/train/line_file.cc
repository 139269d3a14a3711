#include "train/line_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include "base/file.h"
#include "thalweg/error.h"
#include "train/own_file.h"

namespace thalweg {

LineFile::LineFile(std::filesystem::path path)
    : path_(std::move(path)),
      file_(path_.empty() ? -1 : open_own_file(path_, O_WRONLY | O_CREAT | O_APPEND)) {
  if (file_ < 0 && !path_.empty())
    throw Error(Code::resource, {path_.string(), "cannot be written", system_message(errno), "", ""});
}

LineFile::LineFile(LineFile&& other) noexcept
    : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)) {}

LineFile::~LineFile() {
  if (file_ >= 0) ::close(file_);
}

void LineFile::add(const std::string& json) {
  if (path_.empty()) return;
  const std::string text = json + "\n";
  const off_t before = ::lseek(file_, 0, SEEK_END);
  std::string_view left = text;
  while (!left.empty()) {
    const ssize_t written = ::write(file_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int reason = errno;
      // Half a line would spoil the next one; where it cannot be taken back, the reader cuts it.
      [[maybe_unused]] const int taken_back = before < 0 ? -1 : ::ftruncate(file_, before);
      throw Error(Code::resource, {path_.string(), "a line cannot be written", system_message(reason),
                                   std::to_string(text.size()) + " bytes", "free some space and continue"});
    }
    left.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::vector<std::string> read_lines(const std::filesystem::path& path) {
  std::vector<std::string> lines;
  if (!std::filesystem::exists(path)) return lines;
  const std::string text = read_text_file(path);
  for (std::size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    lines.push_back(text.substr(begin, end - begin));
  }
  return lines;
}

void cut_torn_line(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return;
  const std::string text = read_text_file(path);
  const std::size_t whole = text.rfind('\n') + 1;  // 0 where there is none
  if (whole == text.size()) return;
  const int file = open_own_file(path, O_WRONLY);
  const bool cut = file >= 0 && ::ftruncate(file, static_cast<off_t>(whole)) == 0;
  const int reason = errno;
  if (file >= 0) ::close(file);
  if (cut) return;
  throw Error(Code::resource,
              {path.string(), "a torn line cannot be cut off", system_message(reason), "", ""});
}

}  // namespace thalweg
