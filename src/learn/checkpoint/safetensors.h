// Reads and writes safetensors files: eight bytes with the length of a JSON header, the header, then the
// elements of all tensors without a hole. Strict: what the reference reader refuses is refused, and duplicate
// keys too.
//
// Files written here carry a checksum: the metadata begins with "checksum", 16 hexadecimal digits. The first
// eight are the CRC-32 of the header as it stands with these 16 digits replaced by zeros, the others that of
// the elements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/element_type.h"
#include "thalweg/params.h"

namespace thalweg {

// A tensor in a file or on its way into one; whoever made it owns the bytes. They need not be aligned.
struct StoredTensor {
  ElementType type = ElementType::f32;
  Shape shape;
  std::span<const std::byte> bytes;  // little-endian elements, row-major
};
using StoredTensors = std::map<std::string, StoredTensor, std::less<>>;

// A file in memory.
class Safetensors {
 public:
  // Reads and checks all of it. Throws Error(data) naming file and place. `path` is what messages name.
  explicit Safetensors(const std::filesystem::path& path);
  Safetensors(const std::filesystem::path& path, std::vector<std::byte> bytes);
  Safetensors(const Safetensors&) = delete;
  Safetensors& operator=(const Safetensors&) = delete;

  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const StoredTensors& tensors() const { return tensors_; }  // their bytes live as long as this object

  // Whether the file has a checksum. One that is there was verified.
  bool verified() const { return metadata_.contains("checksum"); }

 private:
  std::vector<std::byte> bytes_;
  std::map<std::string, std::string> metadata_;
  StoredTensors tensors_;
};

// Puts a file at `path` by atomic replacement, the tensors by descending alignment, then by name; the
// checksum is added. The bytes of the tensors are written from where they are. Throws Error(usage) for a name
// or text that is not UTF-8, a size that does not fit the shape, or more than a reader would accept;
// Error(resource) when it cannot be written.
void write_safetensors(const std::filesystem::path& path, const StoredTensors& tensors,
                       const std::map<std::string, std::string>& metadata);

}  // namespace thalweg
