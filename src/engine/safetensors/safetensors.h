// Tensors as safetensors: eight bytes with the length of a JSON header, the header, then the elements of all
// tensors without a hole.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "safetensors/state_file.h"
#include "thalweg/params.h"

namespace thalweg {

// A tensor on its way into a file or out of one; whoever made it owns the bytes. They need not be aligned.
struct StoredTensor {
  ElementType type = ElementType::f32;
  Shape shape;
  std::span<const std::byte> bytes;  // little-endian elements, row-major
};
using StoredTensors = std::map<std::string, StoredTensor, std::less<>>;

// A whole file in memory.
class Safetensors {
 public:
  // Reads and checks all of it. Throws Error(data) naming file and place. `name` is what messages say.
  explicit Safetensors(const std::filesystem::path& path);
  Safetensors(const std::string& name, std::vector<std::byte> bytes);
  Safetensors(const Safetensors&) = delete;
  Safetensors& operator=(const Safetensors&) = delete;

  const std::map<std::string, std::string>& metadata() const { return file_.metadata(); }
  const StoredTensors& tensors() const { return tensors_; }  // their bytes live as long as this object

  // Whether the file has a checksum. One that is there was verified.
  bool verified() const { return file_.has_checksum(); }

 private:
  std::vector<std::byte> bytes_;
  StateFile file_;
  StoredTensors tensors_;
};

// Puts a file at `path` by atomic replacement, links followed, the tensors by descending alignment, then by
// name; the checksum is added, which all threads but the one that writes work out. The bytes of the tensors
// are written from where they are. Throws Error(usage) for a name or text that is not UTF-8, a size that does
// not fit the shape, or more than a reader would accept; Error(resource) when it cannot be written.
void write_safetensors(const std::filesystem::path& path, const StoredTensors& tensors,
                       const std::map<std::string, std::string>& metadata, int threads = 1);

// The bytes of that file.
std::vector<std::byte> safetensors_bytes(const StoredTensors& tensors,
                                         const std::map<std::string, std::string>& metadata, int threads = 1);

}  // namespace thalweg
