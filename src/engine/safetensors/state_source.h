// The bytes of a state file: in a file, or in memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"

namespace thalweg {

class StateSource {
 public:
  // A file of at most this many bytes is held in memory: nothing can happen to it between two reads.
  static constexpr std::uint64_t kHeld = std::uint64_t{64} << 20;

  // Throws Error(data) when it cannot be opened or, if it is held, read.
  explicit StateSource(const std::filesystem::path& path)
      : name_(path.string()), file_(std::make_unique<InputFile>(path)) {
    if (file_->size() > kHeld) return;
    held_.resize(file_->size());
    file_->read(0, held_);
    file_->check_unchanged();
    file_.reset();
    bytes_ = held_;
  }
  // Of the caller.
  StateSource(std::string name, std::span<const std::byte> bytes) : name_(std::move(name)), bytes_(bytes) {}

  const std::string& name() const { return name_; }  // as messages say it
  std::uint64_t size() const { return file_ ? file_->size() : bytes_.size(); }

  // Where its bytes are; null when they are in a file.
  const std::byte* memory() const { return file_ ? nullptr : bytes_.data(); }

  // From any thread. Throws Error(data) when the file cannot be read.
  void read(std::uint64_t at, std::span<std::byte> into) const {
    if (file_) return file_->read(at, into);
    std::ranges::copy(bytes_.subspan(at, into.size()), into.begin());
  }

  void check_unchanged() const {
    if (file_) file_->check_unchanged();
  }

 private:
  std::string name_;
  std::unique_ptr<InputFile> file_;
  std::vector<std::byte> held_;
  std::span<const std::byte> bytes_;
};

}  // namespace thalweg
