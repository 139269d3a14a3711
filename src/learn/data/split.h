// Holding out samples where a source does not say which.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "thalweg/dataset.h"

namespace thalweg {

// Marks one fifth of each class, rounded half up, drawn by (seed, class): a class is drawn alike whatever
// else the data hold. Labels are 0 .. classes-1.
std::vector<bool> hold_out(std::span<const std::int32_t> labels, std::size_t classes, std::uint64_t seed);

// Puts the marked samples into data.test and the others into data.train, both in source order. `inputs` has
// `features` bytes a label.
void divide(Dataset& data, std::size_t features, std::span<const std::uint8_t> inputs,
            std::span<const std::int32_t> labels, const std::vector<bool>& held_out);

}  // namespace thalweg
