// The processor this runs on: a team of threads, each with a contiguous range of blocks.
#pragma once

#include <memory>

#include "device/device.h"

namespace thalweg {

// Throws Error(usage) for an unknown SIMD target or an impossible tile. A step too small to be worth a fork
// is one thread's, however many there may be.
std::unique_ptr<Device> make_cpu(const Bound& bound, const DeviceOptions& options);

}  // namespace thalweg
