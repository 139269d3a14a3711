#include "files/input.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"
#include "files/form.h"

namespace thalweg {
namespace {

constexpr std::uint64_t kMostFromStream = std::uint64_t{1} << 30;

Error unreadable(const std::string& name, const std::string& got, const std::string& want) {
  return Error(Code::data, {name, "cannot be read", got, want, ""});
}

// Everything up to the end.
std::vector<std::byte> read_stream(int fd, const std::string& name) {
  constexpr std::size_t kChunk = std::size_t{1} << 16;
  std::vector<std::byte> bytes;
  for (std::size_t filled = 0;;) {
    bytes.resize(filled + kChunk);
    const ssize_t got = ::read(fd, bytes.data() + filled, kChunk);
    if (got < 0 && errno != EINTR) throw unreadable(name, system_message(errno), "a readable file");
    filled += static_cast<std::size_t>(std::max<ssize_t>(got, 0));
    if (filled > kMostFromStream)
      throw unreadable(name, "more bytes", "at most " + std::to_string(kMostFromStream) + " from a pipe");
    if (got != 0) continue;
    bytes.resize(filled);
    return bytes;
  }
}

bool is_standard_input(const std::filesystem::path& path) {
  return path == kStandardInput || path == "/dev/stdin" || path == "/dev/fd/0" || path == "/proc/self/fd/0";
}

Bytes shared(std::vector<std::byte> bytes) {
  return std::make_shared<const std::vector<std::byte>>(std::move(bytes));
}

}  // namespace

std::string name_of(const std::filesystem::path& path) {
  return is_standard_input(path) ? kStandardInputName : path.string();
}

Bytes read_bytes(const std::filesystem::path& path) {
  if (is_standard_input(path)) {  // whoever asks a second time gets what the first one got
    static const Bytes bytes = shared(read_stream(STDIN_FILENO, kStandardInputName));
    return bytes;
  }
  std::error_code error;
  const std::filesystem::file_type type = std::filesystem::status(path, error).type();
  if (type != std::filesystem::file_type::fifo && type != std::filesystem::file_type::character)
    return shared(read_file(path));
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) throw unreadable(path.string(), system_message(errno), "a readable file");
  try {
    std::vector<std::byte> bytes = read_stream(fd, path.string());
    ::close(fd);
    return shared(std::move(bytes));
  } catch (...) {
    ::close(fd);
    throw;
  }
}

Input::Input(const std::filesystem::path& path) : path_(name_of(path)), file_(read_bytes(path)) {
  unpacker_ = unpacker_of(*file_, path_);
}

Input::Input(std::string name, std::vector<std::byte> bytes)
    : path_(std::move(name)), file_(shared(std::move(bytes))) {
  unpacker_ = unpacker_of(*file_, path_);
}

std::uint64_t Input::at_most() const { return (unpacker_ ? unpacker_->capacity() : file_->size()) - at_; }

std::vector<std::uint8_t> Input::read(std::uint64_t count) {
  std::vector<std::uint8_t> bytes;
  if (unpacker_) {
    const std::uint64_t most = most_inflated(file_->size());
    if (count > most - std::min(at_, most)) throw unpacker_->too_large(most);
    bytes = unpacker_->take(count);
  } else {
    const std::byte* from = file_->data() + at_;
    bytes.resize(std::min<std::uint64_t>(count, file_->size() - at_));
    std::transform(from, from + bytes.size(), bytes.begin(), std::to_integer<std::uint8_t>);
  }
  at_ += bytes.size();
  if (bytes.size() < count) {
    throw error(at_, "the content is truncated", "the end",
                std::to_string(count - bytes.size()) + " more bytes");
  }
  return bytes;
}

void Input::finish() {
  std::uint8_t extra;
  const bool more = unpacker_ ? unpacker_->read({&extra, 1}) > 0 : at_ < file_->size();
  if (more) throw error(at_, "something follows the content", "more bytes", "the end");
}

TextFile::TextFile(const std::filesystem::path& path) : name_(name_of(path)), file_(read_bytes(path)) {
  const std::unique_ptr<Unpacker> unpacker = unpacker_of(*file_, name_);
  packed_ = unpacker != nullptr;
  if (packed_) inflated_ = unpacker->take_all(most_inflated(file_->size()));
  if (packed_) file_.reset();
  check_form(name_, std::as_bytes(std::span(text())));
}

std::string_view TextFile::text() const {
  if (packed_) return {reinterpret_cast<const char*>(inflated_.data()), inflated_.size()};
  return {reinterpret_cast<const char*>(file_->data()), file_->size()};
}

void TextFile::forget() {
  file_.reset();
  inflated_ = std::vector<std::uint8_t>();
  packed_ = true;  // nothing is its text
}

Error Input::error(std::uint64_t place, std::string what, std::string got, std::string want) const {
  const std::string byte = (unpacker_ ? ", inflated byte " : ", byte ") + std::to_string(place);
  const Form form = place == 0 && !unpacker_ ? form_of(*file_) : Form();
  if (!form.name.empty()) got = form.name;
  return Error(Code::data,
               {path_ + byte, std::move(what), std::move(got), std::move(want), fill_hint(form.hint, path_)});
}

}  // namespace thalweg
