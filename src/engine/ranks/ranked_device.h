// A device that has a part of the blocks: what a step needs of the other ones, ranks give each other.
#pragma once

#include <memory>

#include "device/device.h"

namespace thalweg {

class Ranks;

// `own` moves what this rank holds.
std::unique_ptr<Device> make_ranked_device(Ranks& ranks, const Bound& bound, std::unique_ptr<Device> own);

}  // namespace thalweg
