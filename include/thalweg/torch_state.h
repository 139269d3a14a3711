// The state of an optimizer as torch keeps it, in safetensors.
//
// state_dict()["state"] of a torch.optim optimizer maps the index of a parameter to its tensors. A file has
// each of them under "state.<index>.<key>", where the index counts the parameters of Params as torch counts
// those of its groups, or under "state.<name>.<key>":
//
//   the rule of the parameter      torch.optim      keys
//   momentum                       SGD              momentum_buffer
//   adam (amsgrad)                 Adam, AdamW      step, exp_avg, exp_avg_sq (max_exp_avg_sq)
//   rmsprop (centered, momentum)   RMSprop          step, square_avg (grad_avg, momentum_buffer)
//   adagrad                        Adagrad          step, sum
//
// In Python, with save_file and load_file of safetensors.torch:
//
//   save_file({f"state.{i}.{key}": torch.as_tensor(x) for i, state in optimizer.state_dict()["state"].items()
//              for key, x in state.items() if x is not None}, path)
//
//   state = {}
//   for name, x in load_file(path).items():
//       state.setdefault(int(name.split(".")[1]), {})[name.split(".")[2]] = x
//   optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
//
// `step` is the parameter's clock: a whole number of any type, of shape [] or [1]; F32 is written, as torch
// has it, or F64 where that is not exact. SGD has none: there the metadata say "updates", and without them a
// parameter with a buffer has seen one update. Options are those of the chain, the parameters are loaded as
// any weights are; what gates and `plateau` count is not the optimizer's in torch, and neither written nor
// changed. The maximum of `amsgrad` is torch's with amsgrad_form=raw, the default.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "thalweg/checkpoint.h"

namespace thalweg {

enum class TorchKeys { index, name };

// Puts the file at `path` as save_checkpoint() does, and throws as that. A parameter that has seen no update
// is left out, as in torch, unless its rule is adagrad. Throws Error(usage) also for a rule, or two of one
// parameter, that torch does not have.
void save_torch_state(const std::filesystem::path& path, Params& params, Optimizer& optimizer,
                      TorchKeys keys = TorchKeys::index, const SaveOptions& options = {});
std::vector<std::byte> torch_state_bytes(Params& params, Optimizer& optimizer,
                                         TorchKeys keys = TorchKeys::index, const SaveOptions& options = {});

// Fills the state and clocks of `optimizer` from such a file; both kinds of keys may stand in it. The number
// of updates becomes that of the metadata, or else the largest clock. All or nothing, with the errors,
// `partial` and `remap` (of names) of load_checkpoint(); `also_chain` and `other_chain` mean nothing. A
// parameter of which the file has nothing has seen no update: its state starts anew. A checksum is verified
// where there is one.
LoadReport load_torch_state(const std::filesystem::path& path, Params& params, Optimizer& optimizer,
                            const LoadOptions& options = {});
LoadReport load_torch_state(std::span<const std::byte> bytes, Params& params, Optimizer& optimizer,
                            const LoadOptions& options = {});

}  // namespace thalweg
