// The header of a safetensors file: JSON that says which tensors there are, and where.
//
// Strict: what the reference reader refuses is refused, and duplicate keys too. Headers come from elsewhere:
// what is refused costs neither depth nor memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "safetensors/element_type.h"
#include "thalweg/params.h"

namespace thalweg {

inline constexpr std::size_t kLengthBytes = 8;  // before the header: its length
inline constexpr std::uint64_t kMaxHeader = 100'000'000;
// Each keeps what a header makes us hold below a small multiple of its own size.
inline constexpr std::size_t kMaxTensors = std::size_t{1} << 20;
inline constexpr std::size_t kMaxMetadata = std::size_t{1} << 16;
inline constexpr std::size_t kMaxRank = 64;

inline constexpr std::string_view kMetadataName = "__metadata__";

// Where a tensor stands, counted from the first byte after the header.
struct TensorPlace {
  ElementType type = ElementType::f32;
  Shape shape = {};
  std::uint64_t begin = 0, end = 0;
};
using TensorPlaces = std::map<std::string, TensorPlace, std::less<>>;

struct Header {
  std::map<std::string, std::string> metadata;
  TensorPlaces tensors;
};

// Throws Error(data) naming file and place. `text` is what stands after the length.
Header read_header(const std::string& file, std::string_view text);

// The tensors must take `bytes` from the first to the last, one after the other. Throws Error(data).
void check_places(const std::string& file, const TensorPlaces& tensors, std::uint64_t bytes);

// The bytes that a tensor takes; nothing when they are not a whole number or above 2^64.
std::optional<std::uint64_t> byte_count(ElementType type, const Shape& shape);

std::string describe(ElementType type, const Shape& shape);  // "F32 3x4"
std::string print_bytes(std::uint64_t n);                    // "1 byte"
std::string excerpt(std::string_view text);                  // from a file, short enough for a message

}  // namespace thalweg
