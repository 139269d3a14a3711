// A second device, to hold the first one to what a device is: plain loops on one thread, one block at a time,
// on memory of its own into which the streams of the block are copied and from which they are copied back.
#pragma once

#include <memory>

#include "device/device.h"

namespace thalweg {

std::unique_ptr<Device> make_copying_device(const Bound& bound, const DeviceOptions& options);

}  // namespace thalweg
