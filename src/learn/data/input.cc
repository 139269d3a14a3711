#include "data/input.h"

#include <algorithm>

#include "base/file.h"

namespace thalweg {

Input::Input(const std::filesystem::path& path) : Input(path.string(), read_file(path)) {}

Input::Input(std::string name, std::vector<std::byte> bytes)
    : path_(std::move(name)), file_(std::move(bytes)) {
  if (is_gzip(file_)) gunzip_.emplace(file_, path_);
}

std::uint64_t Input::at_most() const {
  return gunzip_ ? file_.size() * kMaxExpansion - at_ : file_.size() - at_;
}

std::vector<std::uint8_t> Input::read(std::uint64_t count) {
  std::vector<std::uint8_t> bytes;
  if (gunzip_) {
    bytes = gunzip_->take(count);
  } else {
    const std::byte* from = file_.data() + at_;
    bytes.resize(std::min<std::uint64_t>(count, file_.size() - at_));
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
  const bool more = gunzip_ ? gunzip_->read({&extra, 1}) > 0 : at_ < file_.size();
  if (more) throw error(at_, "something follows the content", "more bytes", "the end");
}

TextFile::TextFile(const std::filesystem::path& path)
    : name_(path.string()), file_(read_file(path)), packed_(is_gzip(file_)) {
  constexpr std::uint64_t kLeast = std::uint64_t{64} << 20;
  constexpr std::uint64_t kExpansion = 64;  // text packs to a tenth, rarely to less than a fiftieth
  if (!packed_) return;
  inflated_ = gunzip(file_, name_, std::max(kLeast, kExpansion * file_.size()));
  file_ = {};
}

std::string_view TextFile::text() const {
  if (packed_) return {reinterpret_cast<const char*>(inflated_.data()), inflated_.size()};
  return {reinterpret_cast<const char*>(file_.data()), file_.size()};
}

Error Input::error(std::uint64_t place, std::string what, std::string got, std::string want) const {
  const std::string byte = (gunzip_ ? ", inflated byte " : ", byte ") + std::to_string(place);
  return Error(Code::data, {path_ + byte, std::move(what), std::move(got), std::move(want), ""});
}

}  // namespace thalweg
