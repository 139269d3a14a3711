// Checkpoints: one safetensors file that holds a training exactly.
//
// Tensors: each parameter under its name; each optimizer state under `optimizer/` and its name; each parameter's clock
// under `clock/` and its name, as a U64 scalar. Metadata (string to string): what the caller gives, and "format",
// "chain", "updates", "checksum".
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "thalweg/optimizer.h"
#include "thalweg/params.h"

namespace thalweg {

using Metadata = std::map<std::string, std::string>;

// Puts a checkpoint at `path` by atomic replacement: a reader, also after a crash, finds the old file or the whole new
// one. Throws Error(resource) naming path and bytes, with nothing changed.
void save_checkpoint(const std::filesystem::path& path, Params& params, Optimizer& optimizer, Metadata metadata);

// Loads all or nothing: parameters, state, clocks and number of updates become what was saved, whatever the order of
// the parameters. Throws Error(data) naming file and reason when the file is missing, damaged (its checksum is
// verified) or not of this model and chain; the message lists every difference (missing, extra, other type or shape).
// Returns the metadata.
Metadata load_checkpoint(const std::filesystem::path& path, Params& params, Optimizer& optimizer);

// The same for the parameters alone; optimizer state in the file is passed over.
Metadata load_parameters(const std::filesystem::path& path, Params& params);

// The metadata alone, verified with the rest of the file.
Metadata read_metadata(const std::filesystem::path& path);

}  // namespace thalweg
