// Passes over memory, once for every SIMD target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "device/limit_loops.cc"
#include <hwy/foreach_target.h>  // includes this file again for every target
// and after it:
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <array>
#include <utility>

#include "device/limit_loops.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kFloats = kLine / sizeof(float);
constexpr std::size_t kWritesOf = kMostStreams + 1;

// Asks for the line of each stream that is used `ahead` floats later. Past the end of a stream that is
// harmless.
template <int kReads>
HWY_INLINE void ask(float* const* s, std::size_t i) {
  for (int j = 0; j < kReads; ++j) hwy::Prefetch(s[j] + i);
}

// The least arithmetic that keeps every load and every store alive, one register of each stream at a time.
template <int kReads, int kWrites>
void write_loop(float* const* s, std::size_t begin, std::size_t end, std::size_t ahead) {
  const hn::CappedTag<float, kFloats> d;
  // Not zero: what is written must not fade into denormals.
  const auto start = hn::Set(d, 1.0f / 1024), half = hn::Set(d, 0.5f);
  for (std::size_t line = begin; line < end; line += kFloats) {
    if (ahead != 0) ask<kReads>(s, line + ahead);
    for (std::size_t i = line; i < line + kFloats; i += hn::Lanes(d)) {
      auto x = start;
      for (int j = 0; j < kReads - kWrites; ++j) x = hn::Add(x, hn::LoadU(d, s[j] + i));
      for (int j = kReads - kWrites; j < kReads; ++j) {
        hn::StoreU(hn::Add(hn::Mul(hn::LoadU(d, s[j] + i), half), x), d, s[j] + i);
      }
    }
  }
}

// Four sums, so that the adder's latency does not hold up the loads.
template <int kReads>
float read_loop(float* const* s, std::size_t begin, std::size_t end, std::size_t ahead) {
  const hn::CappedTag<float, kFloats> d;
  const std::size_t lanes = hn::Lanes(d);
  auto a = hn::Zero(d), b = a, c = a, e = a;
  std::size_t i = begin;
  for (; i + 4 * lanes <= end; i += 4 * lanes) {
    for (std::size_t k = 0; ahead != 0 && k < 4 * lanes; k += kFloats) ask<kReads>(s, i + ahead + k);
    for (int j = 0; j < kReads; ++j) {
      a = hn::Add(a, hn::LoadU(d, s[j] + i));
      b = hn::Add(b, hn::LoadU(d, s[j] + i + lanes));
      c = hn::Add(c, hn::LoadU(d, s[j] + i + 2 * lanes));
      e = hn::Add(e, hn::LoadU(d, s[j] + i + 3 * lanes));
    }
  }
  for (; i < end; i += lanes) {
    for (int j = 0; j < kReads; ++j) a = hn::Add(a, hn::LoadU(d, s[j] + i));
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(a, b), hn::Add(c, e))));
}

template <int kReads, int kWrites>
float loop(void* const* streams, std::size_t begin, std::size_t end, std::size_t ahead) {
  float* s[kReads];  // copies: a store through one cannot change where the others are
  for (int j = 0; j < kReads; ++j) s[j] = static_cast<float*>(streams[j]);
  if constexpr (kWrites == 0) return read_loop<kReads>(s, begin * kFloats, end * kFloats, ahead);
  write_loop<kReads, kWrites>(s, begin * kFloats, end * kFloats, ahead);
  return 0;
}

using Loop = float (*)(void* const*, std::size_t, std::size_t, std::size_t);

template <std::size_t... kIndex>
constexpr auto all_loops(std::index_sequence<kIndex...>) {
  return std::array<Loop, sizeof...(kIndex)>{
      &loop<int(kIndex / kWritesOf) + 1, std::min(int(kIndex / kWritesOf) + 1, int(kIndex % kWritesOf))>...};
}

constexpr auto kLoops = all_loops(std::make_index_sequence<kMostStreams * kWritesOf>());

float pass(int reads, int writes, void* const* streams, std::size_t begin, std::size_t end,
           std::size_t ahead) {
  const auto index = static_cast<std::size_t>(reads - 1) * kWritesOf + static_cast<std::size_t>(writes);
  return kLoops[index](streams, begin, end, ahead);
}

}  // namespace thalweg::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thalweg {

HWY_EXPORT(pass);

float pass_over(int reads, int writes, void* const* streams, std::size_t begin, std::size_t end,
                std::size_t ahead) {
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  return HWY_DYNAMIC_DISPATCH(pass)(reads, writes, streams, begin, end, ahead);
}

}  // namespace thalweg
#endif
