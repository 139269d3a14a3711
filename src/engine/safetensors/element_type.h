// The types of elements that a safetensors file may hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace thalweg {

// By ascending alignment, as the reference sorts them.
// clang-format off
enum class ElementType : std::uint8_t {
  boolean, f4, f6_e2m3, f6_e3m2, u8, i8, f8_e5m2, f8_e4m3, f8_e8m0, f8_e4m3fnuz, f8_e5m2fnuz,
  i16, u16, f16, bf16, i32, u32, f32, c64, f64, i64, u64,
};
// clang-format on
std::string_view element_name(ElementType type);  // "F32"
std::size_t element_bits(ElementType type);
std::optional<ElementType> find_element_type(std::string_view name);

}  // namespace thalweg
