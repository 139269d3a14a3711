// How bytes are scaled: the option of every reader whose inputs are bytes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "base/options.h"
#include "thalweg/dataset.h"

namespace thalweg {

inline constexpr Option kByteScaleOption =
    choice_option("scale", "standard|unit|none", "standard",
                  "standard: x/255, minus the mean, divided by the standard deviation of all training "
                  "pixels; unit: x/255; none: x");

// How often each byte occurs.
std::array<std::uint64_t, 256> histogram(std::span<const std::uint8_t> bytes);

// What a choice of that option says of these bytes. Where all of them are equal, standard makes them 0.
Scaling byte_scaling(const std::string& scale, std::span<const std::uint8_t> training);

}  // namespace thalweg
