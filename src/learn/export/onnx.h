// A graph as a file of ONNX.
#pragma once

#include <map>
#include <string>

#include "nn/graph.h"

namespace thalweg {

// A ModelProto of IR version 8 and opset 17. Throws Error(usage) for what takes 2 GiB or more, which no
// message may.
std::string onnx_bytes(const Graph& graph, const std::map<std::string, std::string>& metadata);

}  // namespace thalweg
