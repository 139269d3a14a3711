// Checkpoints: one safetensors file that holds a training exactly.
//
// Tensors: each parameter under its name (F32 or F64); each optimizer state under `optimizer/` and its name;
// each parameter's clock under `clock/` and its name, as a U64 scalar; each number that the optimizer keeps
// under `number/` and its name, as an F64 scalar. Metadata (string to string): what the
// caller gives, and "format", "chain" (canonical text with every option), "updates", "gradients", "skips"
// (in a row until then, where there are some) and "checksum".
//
// Any other reader of safetensors can open such a file. A file that another tool wrote or changed is none.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "thalweg/optimizer.h"
#include "thalweg/params.h"

namespace thalweg {

using Metadata = std::map<std::string, std::string>;

// Puts a checkpoint at `path` by atomic replacement: a reader, also after a crash, finds the old file or the
// whole new one. The keys above are set here whatever `metadata` has under them, so that what a load
// returned can be saved again. Not saved: gradients, and which parameters are absent or frozen.
// Throws Error(resource) naming path and bytes, with nothing changed. Throws Error(usage) when `optimizer` is
// not bound to `params`, a parameter's name begins with `optimizer/`, `clock/` or `number/`, or a text is not
// UTF-8. Holds nothing of the size of a tensor: the file is written from the memory of parameters and state.
void save_checkpoint(const std::filesystem::path& path, Params& params, Optimizer& optimizer,
                     Metadata metadata);

// The same with the parameters alone, as they were after `updates` updates: weights to use, not to train on.
void save_parameters(const std::filesystem::path& path, Params& params, std::uint64_t updates,
                     Metadata metadata);

// Loads all or nothing: parameters, state, clocks and number of updates become what was saved, whatever the
// order of the parameters. `also_chain` is the text of a chain, with every option, that is accepted as this
// one: the same with other lengths. Throws Error(data) naming file and reason when the file is missing,
// damaged (its checksum is verified) or not of this model and chain; the message lists every difference
// (missing, extra, other type or shape). The chain must be the same text: it names both otherwise. Throws
// Error(usage) as save_checkpoint() does. Holds the whole file in memory meanwhile. Returns the metadata.
Metadata load_checkpoint(const std::filesystem::path& path, Params& params, Optimizer& optimizer,
                         const std::string& also_chain = {});

// The same for the parameters alone; optimizer state and clocks in the file are ignored, and so is the
// chain.
Metadata load_parameters(const std::filesystem::path& path, Params& params);

// The metadata alone, verified with the rest of the file.
Metadata read_metadata(const std::filesystem::path& path);

}  // namespace thalweg
