// Numbers of a source as floats: (x - offset) * factor, in double and rounded once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "thalweg/dataset.h"

namespace thalweg {

// A scaling as the floats of (x factor + offset) + (x factor_rest + offset_rest): the first sum is exact for
// every byte x, since its terms are multiples of one power of two, so that one rounding is left.
using Parts = std::array<float, 4>;  // factor, offset, factor_rest, offset_rest

// Nothing where they would give other bits for one of the 256 bytes.
std::optional<Parts> split(const Scaling& scaling);

// `to` holds as many numbers as `from`. The bits are the same on every machine and of each form.
void convert(const Scaling& scaling, std::span<const std::uint8_t> from, float* to);
void convert(const Scaling& scaling, std::span<const float> from, float* to);
void convert(const Parts& parts, std::span<const std::uint8_t> from, float* to);

}  // namespace thalweg
