// What a reader derives from the training part and later data are encoded with, and its JSON form.
//
//   {"schema": 1, "kind": "bytes", "offset": 0, "factor": 0.0625}
#pragma once

#include <string>
#include <string_view>

#include "thalweg/dataset.h"

namespace thalweg {

// The one scaling of data that are bytes.
std::string print_encoding(const Scaling& scaling);
// Throws Error(data) for what is no such encoding.
Scaling read_scaling(std::string_view encoding);

// Scales the inputs of both parts and makes this the encoding of the data.
void set_scaling(Dataset& data, const Scaling& scaling);

}  // namespace thalweg
