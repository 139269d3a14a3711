// The bytes of a state file: in a file, or in the caller's memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "base/file.h"

namespace thalweg {

class StateSource {
 public:
  // Throws Error(data) when it cannot be opened.
  explicit StateSource(const std::filesystem::path& path)
      : name_(path.string()), file_(std::make_unique<InputFile>(path)) {}
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
  std::span<const std::byte> bytes_;
};

}  // namespace thalweg
