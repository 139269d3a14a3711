// The folding of Gopal et al. 2009, "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ", once for
// every SIMD target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "safetensors/crc32_fold.cc"
#include <hwy/foreach_target.h>  // includes this file again for every target
// and after it:
#include <hwy/highway.h>

#include <cstring>

#include "safetensors/crc32_fold.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Where the instruction is missing, Highway multiplies bit by bit, which is slower than tables.
#if (HWY_ARCH_X86 && HWY_TARGET <= HWY_SSE4 && !defined(HWY_DISABLE_PCLMUL_AES)) || \
    (HWY_ARCH_ARM_A64 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128)

using Register = hn::FixedTag<std::uint64_t, 2>;
using V = hn::Vec<Register>;

HWY_INLINE V load(const std::byte* from) {
  const hn::FixedTag<std::uint8_t, kFolded> bytes;
  return hn::BitCast(Register(), hn::LoadU(bytes, reinterpret_cast<const std::uint8_t*>(from)));
}

HWY_INLINE V constant(Fold by) {
  alignas(16) const std::uint64_t halves[2] = {by.lower, by.upper};
  return hn::Load(Register(), halves);
}

HWY_INLINE V fold(V a, V by, V next) {
  return hn::Xor(hn::Xor(hn::CLMulLower(a, by), hn::CLMulUpper(a, by)), next);
}

std::size_t fold_all(std::span<const std::byte> bytes, std::uint32_t state,
                     std::array<std::byte, kFolded>& folded) {
  constexpr std::size_t kRow = kRegisters * kFolded;
  const std::byte* from = bytes.data();
  const std::byte* const end = from + bytes.size();
  alignas(16) const std::uint64_t before[2] = {state, 0};
  V a = hn::Xor(load(from), hn::Load(Register(), before));
  V b = load(from + kFolded), c = load(from + 2 * kFolded), d = load(from + 3 * kFolded);
  const V by_row = constant(fold_by(8 * kRow)), by_one = constant(fold_by(8 * kFolded));
  for (from += kRow; static_cast<std::size_t>(end - from) >= kRow; from += kRow) {
    a = fold(a, by_row, load(from));
    b = fold(b, by_row, load(from + kFolded));
    c = fold(c, by_row, load(from + 2 * kFolded));
    d = fold(d, by_row, load(from + 3 * kFolded));
  }
  a = fold(fold(fold(a, by_one, b), by_one, c), by_one, d);
  for (; static_cast<std::size_t>(end - from) >= kFolded; from += kFolded) a = fold(a, by_one, load(from));
  alignas(16) std::uint64_t halves[2];
  hn::Store(a, Register(), halves);
  std::memcpy(folded.data(), halves, kFolded);
  return static_cast<std::size_t>(from - bytes.data());
}

#else

std::size_t fold_all(std::span<const std::byte>, std::uint32_t, std::array<std::byte, kFolded>&) { return 0; }

#endif

}  // namespace thalweg::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thalweg {

static_assert(fold_by(512).lower == 0x154442bd4 && fold_by(512).upper == 0x1c6e41596, "as in the paper");
static_assert(fold_by(128).lower == 0x1751997d0 && fold_by(128).upper == 0x0ccaa009e);

HWY_EXPORT(fold_all);

std::size_t crc32_fold(std::span<const std::byte> bytes, std::uint32_t state,
                       std::array<std::byte, kFolded>& folded) {
  return HWY_DYNAMIC_DISPATCH(fold_all)(bytes, state, folded);
}

}  // namespace thalweg
#endif
