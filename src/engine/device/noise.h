// Random numbers for transforms that add noise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "thalweg/params.h"

namespace thalweg {

// Standard normal numbers for elements [begin, begin + n) of a parameter in the update after k updates: of
// these numbers alone, so that neither threads nor tiles nor a resume change them.
void fill_noise(std::uint64_t seed, std::string_view parameter, std::uint64_t k, std::size_t begin,
                std::size_t n, Dtype dtype, void* out);

}  // namespace thalweg
