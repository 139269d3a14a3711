// The loop that a good programmer writes, compiled with all that this machine has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

// Puts (x - offset) * factor of the named rows of bytes into `to`, one after the other.
void plain_gather(const std::uint8_t* bytes, std::size_t features, std::span<const std::uint32_t> rows,
                  float offset, float factor, float* to);
