// Checkpoints: one safetensors file, or the same bytes in memory, that holds a training exactly.
//
// Tensors: each parameter under its name (F32 or F64); each optimizer state under `optimizer/` and its name;
// each parameter's clock under `clock/` and its name, as a U64 scalar; each number that the optimizer keeps
// under `number/` and its name, as an F64 scalar. Metadata (string to string): what the
// caller gives, and "format", "chain" (canonical text with every option), "updates", "gradients", "skips"
// (in a row until then, where there are some) and "checksum".
//
// Any other reader of safetensors can open such a file. A file that another tool wrote or changed is none;
// what torch keeps of an optimizer is read and written by thalweg/torch_state.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "thalweg/optimizer.h"
#include "thalweg/params.h"

namespace thalweg {

using Metadata = std::map<std::string, std::string>;

struct SaveOptions {
  Metadata metadata = {};
  int threads = 1;  // one writes, the others form the checksum
};

// Puts a checkpoint at `path` by atomic replacement: a reader, also after a crash, finds the old file or the
// whole new one. Links are followed; of a file with several names the others keep the old one; a folder, a
// device or a pipe is refused (checkpoint_bytes() is for those). The keys above are set here whatever
// `metadata` has under them, so that what a load returned can be saved again. Not saved: gradients, and which
// parameters are absent or frozen.
// Throws Error(resource) naming path and bytes, with nothing changed. Throws Error(usage) when `optimizer` is
// not bound to `params`, a parameter's name begins with `optimizer/`, `clock/` or `number/`, or a text is not
// UTF-8. Holds nothing of the size of a tensor: the file is written from the memory of parameters and state.
// The bytes do not depend on the threads.
void save_checkpoint(const std::filesystem::path& path, Params& params, Optimizer& optimizer,
                     const SaveOptions& options = {});

// The same with the parameters alone, as they were after `updates` updates: weights to use, not to train on.
void save_parameters(const std::filesystem::path& path, Params& params, std::uint64_t updates,
                     const SaveOptions& options = {});

// The bytes of those files.
std::vector<std::byte> checkpoint_bytes(Params& params, Optimizer& optimizer,
                                        const SaveOptions& options = {});
std::vector<std::byte> parameter_bytes(Params& params, std::uint64_t updates,
                                       const SaveOptions& options = {});

// What a parameter is called here that the file knows as `from`. `*` in `from` stands for any run of
// characters, and in `to` for the same one: {"model.*", "*"}.
struct Rename {
  std::string from, to;
};

struct LoadOptions {
  std::string also_chain = {};  // text of a chain, with every option, that is accepted as this one
  // Accepts a checkpoint of any chain. A stream of state keeps what the file has under its name, or under
  // that of the same average - `m` of the gradient, `v` of its square - of another rule, where no exact match
  // takes it. What has no counterpart starts anew; a parameter of which something starts anew that
  // counts on having seen every update, such as an average, starts anew with all its state and its clock.
  // Schedules go on from the updates of the file.
  bool other_chain = false;
  // Fills what matches in name, type and shape and leaves other parameters as they are; state without
  // a counterpart starts anew, as above.
  bool partial = false;
  std::vector<Rename> remap = {};  // of parameters, and of their state with them; the first that matches
  int threads = 1;                 // that read and verify
};

// What a load did. Names are those of tensors, in the order of this model and of the file.
struct LoadReport {
  struct Kept {
    std::string from, to;  // in the file, and here; equal without `remap` and `other_chain`
  };
  Metadata metadata = {};
  std::vector<Kept> kept = {};
  std::vector<std::string> fresh = {};    // here: parameters left as they were, state and clocks begun anew
  std::vector<std::string> dropped = {};  // in the file, and used for nothing
};

// Loads all or nothing: parameters, state, clocks and number of updates become what was saved, whatever the
// order of the parameters. Throws Error(data) naming file and reason when the file is missing, damaged (its
// checksum is verified) or, unless `options` allow it, not of this model and chain; the message lists every
// difference (missing, extra, other type or shape). Throws Error(usage) as save_checkpoint() does, and for a
// rename that matches nothing or makes two tensors one. A file of at most 64 MiB is held meanwhile. Of a
// larger one nothing of the size of a tensor is, but for the state of another optimizer where some begins
// anew: it is read once to verify it, and then straight into place. One that somebody writes into between the
// two, or whose disk fails then, is the only thing that leaves a load half done; Error(data) says so.
LoadReport load_checkpoint(const std::filesystem::path& path, Params& params, Optimizer& optimizer,
                           const LoadOptions& options = {});
LoadReport load_checkpoint(std::span<const std::byte> bytes, Params& params, Optimizer& optimizer,
                           const LoadOptions& options = {});

// The same for the parameters alone; optimizer state and clocks in the file are ignored, and so is the
// chain.
LoadReport load_parameters(const std::filesystem::path& path, Params& params,
                           const LoadOptions& options = {});
LoadReport load_parameters(std::span<const std::byte> bytes, Params& params, const LoadOptions& options = {});

// The metadata alone, verified with the rest of the file.
Metadata read_metadata(const std::filesystem::path& path, int threads = 1);
Metadata read_metadata(std::span<const std::byte> bytes, int threads = 1);

}  // namespace thalweg
