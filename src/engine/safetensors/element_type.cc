#include "safetensors/element_type.h"

#include <algorithm>
#include <iterator>

namespace thalweg {
namespace {

struct TypeFacts {
  std::string_view name;
  std::size_t bits;
};
// clang-format off
constexpr TypeFacts kTypes[] = {
    {"BOOL", 8}, {"F4", 4}, {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"U8", 8}, {"I8", 8}, {"F8_E5M2", 8},
    {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"I16", 16}, {"U16", 16},
    {"F16", 16}, {"BF16", 16}, {"I32", 32}, {"U32", 32}, {"F32", 32}, {"C64", 64}, {"F64", 64},
    {"I64", 64}, {"U64", 64},
};
// clang-format on
static_assert(std::size(kTypes) == static_cast<std::size_t>(ElementType::u64) + 1);

}  // namespace

std::string_view element_name(ElementType type) { return kTypes[static_cast<std::size_t>(type)].name; }

std::size_t element_bits(ElementType type) { return kTypes[static_cast<std::size_t>(type)].bits; }

std::optional<ElementType> find_element_type(std::string_view name) {
  const auto* found = std::ranges::find(kTypes, name, &TypeFacts::name);
  if (found == std::end(kTypes)) return std::nullopt;
  return static_cast<ElementType>(found - std::begin(kTypes));
}

}  // namespace thalweg
