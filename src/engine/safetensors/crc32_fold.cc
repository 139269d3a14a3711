// The folding of Gopal et al. 2009, "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ", once for
// every SIMD target.
#ifndef HWY_WANT_AVX3_DL
#define HWY_WANT_AVX3_DL 1  // which multiplies whole registers; Highway leaves it out unless asked
#endif
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "safetensors/crc32_fold.cc"
#include <hwy/foreach_target.h>  // includes this file again for every target
// and after it:
#include <hwy/highway.h>

#include "safetensors/crc32_fold.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Where the instruction is missing, Highway multiplies bit by bit, which is slower than tables.
#if (HWY_ARCH_X86 && HWY_TARGET <= HWY_SSE4 && !defined(HWY_DISABLE_PCLMUL_AES)) || \
    (HWY_ARCH_ARM_A64 && HWY_TARGET == HWY_NEON)

#if HWY_TARGET == HWY_AVX3_DL
using Register = hn::FixedTag<std::uint64_t, 8>;  // multiplies four pairs at once
#else
using Register = hn::FixedTag<std::uint64_t, 2>;
#endif
using V = hn::Vec<Register>;

constexpr std::size_t kRegisters = 4;  // side by side, to hide the latency
constexpr std::size_t kWidth = hn::MaxLanes(Register()) * sizeof(std::uint64_t);
constexpr std::size_t kRow = kRegisters * kWidth;
static_assert(kRow <= Folded::kMost);

HWY_INLINE V load(const std::byte* from) {
  const hn::FixedTag<std::uint8_t, kWidth> bytes;
  return hn::BitCast(Register(), hn::LoadU(bytes, reinterpret_cast<const std::uint8_t*>(from)));
}

HWY_INLINE V fold(V a, V by, V next) {
  return hn::Xor(hn::Xor(hn::CLMulLower(a, by), hn::CLMulUpper(a, by)), next);
}

void fold_all(std::span<const std::byte> bytes, std::uint32_t state, Folded& out) {
  if (bytes.size() < 2 * kRow) return;
  const std::byte* from = bytes.data();
  const std::byte* const end = from + bytes.size();
  alignas(64) const std::uint64_t before[kWidth / sizeof(std::uint64_t)] = {state};
  V rows[kRegisters];
  for (std::size_t i = 0; i < kRegisters; ++i) rows[i] = load(from + i * kWidth);
  rows[0] = hn::Xor(rows[0], hn::Load(Register(), before));
  constexpr Fold kBy = fold_by(8 * kRow);
  alignas(16) const std::uint64_t halves[2] = {kBy.lower, kBy.upper};
  const V by = hn::LoadDup128(Register(), halves);
  for (from += kRow; static_cast<std::size_t>(end - from) >= kRow; from += kRow) {
    for (std::size_t i = 0; i < kRegisters; ++i) rows[i] = fold(rows[i], by, load(from + i * kWidth));
  }
  const hn::FixedTag<std::uint8_t, kWidth> d8;
  for (std::size_t i = 0; i < kRegisters; ++i)
    hn::Store(hn::BitCast(d8, rows[i]), d8, reinterpret_cast<std::uint8_t*>(out.bytes.data()) + i * kWidth);
  out.size = kRow;
  out.done = static_cast<std::size_t>(from - bytes.data());
}

#else

void fold_all(std::span<const std::byte>, std::uint32_t, Folded&) {}

#endif

}  // namespace thalweg::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thalweg {

static_assert(fold_by(512).lower == 0x154442bd4 && fold_by(512).upper == 0x1c6e41596, "as in the paper");
static_assert(fold_by(128).lower == 0x1751997d0 && fold_by(128).upper == 0x0ccaa009e);

HWY_EXPORT(fold_all);

void crc32_fold(std::span<const std::byte> bytes, std::uint32_t state, Folded& out) {
  HWY_DYNAMIC_DISPATCH(fold_all)(bytes, state, out);
}

}  // namespace thalweg
#endif
