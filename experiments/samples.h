// Data sets made from others.
#pragma once

#include <cstdint>
#include <span>

#include "thalweg/dataset.h"

namespace thalweg::experiments {

// The samples with the inputs of each, as they are when scaled, multiplied by its factor.
Samples multiplied(const Samples& samples, std::span<const float> factors);

// The training part over and over until it has `size` samples.
Dataset repeated(const Dataset& data, std::size_t size);

// `size` training samples, drawn by `seed`; the others join those that are held out.
Dataset fewer(const Dataset& data, std::size_t size, std::uint64_t seed);

// Every second of the samples, from the first or the second on.
Samples half(const Samples& samples, int which);

}  // namespace thalweg::experiments
