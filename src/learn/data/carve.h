// A part of the training samples to train on, and another one to judge by; held-out samples stay unseen.
#pragma once

#include <cstdint>

#include "thalweg/dataset.h"

namespace thalweg {

// `train` has at most `train` of the training samples, and `test` about a fifth as many as there are, at most
// `judge` and at least one, none of them among the former; both drawn by `seed`. Throws Error(data) for fewer
// than two training samples, Error(resource) without memory: they are copied, as floats.
Dataset carve(const Dataset& data, std::size_t train, std::size_t judge, std::uint64_t seed);

}  // namespace thalweg
