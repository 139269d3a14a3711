// Some of the samples of a data set, as a data set.
#pragma once

#include <cstdint>
#include <span>

#include "thalweg/dataset.h"

namespace thalweg {

// Trains on the named samples of data.train and holds out the others that are named; data.test is left out.
// What describes the data - classes, columns, scaling - stays. The samples are copied, as floats.
Dataset parted(const Dataset& data, std::span<const std::uint32_t> train,
               std::span<const std::uint32_t> test);

}  // namespace thalweg
