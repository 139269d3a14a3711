// The conversions, once for every SIMD target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "data/samples/convert.cc"
#include <hwy/foreach_target.h>  // includes this file again for every target
// and after it:
#include <hwy/highway.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "data/samples/convert.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class D>
HWY_INLINE hn::Vec<D> load(D d, const std::uint8_t* from) {
  const hn::Rebind<std::uint8_t, D> bytes;
  const hn::Rebind<std::int32_t, D> whole;
  const auto x = hn::PromoteTo(whole, hn::LoadU(bytes, from));
  if constexpr (sizeof(hn::TFromD<D>) == sizeof(double)) {
    return hn::PromoteTo(d, x);
  } else {
    return hn::ConvertTo(d, x);
  }
}
template <class D>
HWY_INLINE hn::Vec<D> load(D d, const float* from) {
  return hn::PromoteTo(d, hn::LoadU(hn::Rebind<float, D>(), from));
}

template <class T>
void convert_in_double(const Scaling& scaling, std::span<const T> from, float* to) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> floats;
  const auto offset = hn::Set(d, scaling.offset), factor = hn::Set(d, scaling.factor);
  // Where Highway emulates vectors, what a float does not hold would become its largest number, not infinite.
  constexpr bool kEmulated = HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128;
  std::size_t i = 0;
  for (const std::size_t n = hn::Lanes(d); !kEmulated && i + n <= from.size(); i += n) {
    const auto x = load(d, from.data() + i);
    hn::StoreU(hn::DemoteTo(floats, hn::Mul(hn::Sub(x, offset), factor)), floats, to + i);
  }
  for (; i < from.size(); ++i)
    to[i] = static_cast<float>((static_cast<double>(from[i]) - scaling.offset) * scaling.factor);
}

void convert_bytes(const Scaling& scaling, std::span<const std::uint8_t> from, float* to) {
  convert_in_double(scaling, from, to);
}

void convert_floats(const Scaling& scaling, std::span<const float> from, float* to) {
  convert_in_double(scaling, from, to);
}

void convert_in_parts(const Parts& parts, std::span<const std::uint8_t> from, float* to) {
  const hn::ScalableTag<float> d;
  const auto factor = hn::Set(d, parts[0]), offset = hn::Set(d, parts[1]);
  const auto factor_rest = hn::Set(d, parts[2]), offset_rest = hn::Set(d, parts[3]);
  std::size_t i = 0;
  for (const std::size_t n = hn::Lanes(d); i + n <= from.size(); i += n) {
    const auto x = load(d, from.data() + i);
    const auto rest = hn::Add(hn::Mul(x, factor_rest), offset_rest);
    hn::StoreU(hn::Add(hn::Add(hn::Mul(x, factor), offset), rest), d, to + i);
  }
  for (; i < from.size(); ++i) {
    const auto x = static_cast<float>(from[i]);
    to[i] = (x * parts[0] + parts[1]) + (x * parts[2] + parts[3]);
  }
}

}  // namespace thalweg::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thalweg {

HWY_EXPORT(convert_bytes);
HWY_EXPORT(convert_floats);
HWY_EXPORT(convert_in_parts);

std::optional<Parts> split(const Scaling& scaling) {
  constexpr int kDigits = 23;   // one fewer than a float has, for what rounding to the grid adds
  constexpr int kExtreme = 60;  // of the exponents: far from what a float cannot hold
  const double factor = scaling.factor, offset = -scaling.offset * factor;
  int exponent = 0;
  std::frexp(std::max(std::abs(offset), std::abs(offset + 255 * factor)), &exponent);
  if (std::abs(exponent) > kExtreme) return std::nullopt;
  const double grid = std::ldexp(1.0, exponent - kDigits);
  const auto on_grid = [&](double x) { return std::nearbyint(x / grid) * grid; };
  const double large_factor = on_grid(factor), large_offset = on_grid(offset);
  const Parts parts = {static_cast<float>(large_factor), static_cast<float>(large_offset),
                       static_cast<float>(factor - large_factor), static_cast<float>(offset - large_offset)};
  std::array<std::uint8_t, 256> bytes{};
  std::array<float, 256> exact{}, got{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);
  convert(scaling, bytes, exact.data());
  convert(parts, bytes, got.data());
  const auto same = [](float a, float b) {
    return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
  };
  if (!std::equal(exact.begin(), exact.end(), got.begin(), same)) return std::nullopt;
  return parts;
}

void convert(const Scaling& scaling, std::span<const std::uint8_t> from, float* to) {
  HWY_DYNAMIC_DISPATCH(convert_bytes)(scaling, from, to);
}

void convert(const Scaling& scaling, std::span<const float> from, float* to) {
  if (scaling == Scaling{}) {
    std::ranges::copy(from, to);
    return;
  }
  HWY_DYNAMIC_DISPATCH(convert_floats)(scaling, from, to);
}

void convert(const Parts& parts, std::span<const std::uint8_t> from, float* to) {
  HWY_DYNAMIC_DISPATCH(convert_in_parts)(parts, from, to);
}

}  // namespace thalweg
#endif
