// What is written in torch, Keras or optax as a chain.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace thalweg {

struct Translation {
  std::string library;             // "torch", "keras" or "optax"
  std::string chain;               // a text that Chain accepts, canonical
  std::vector<std::string> notes;  // what stands elsewhere, a line each
};

// Calls of optimizers, schedules and transforms with the arguments of those libraries, by position or by
// name:
//   torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95))
//   torch.optim.lr_scheduler.CosineAnnealingLR(torch.optim.SGD(p, lr=0.1), T_max=100)
//   keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(1e-3, 1000), global_clipnorm=1.0)
//   optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(1e-3))
// Several statements, `opt = torch.optim.SGD(...)`, stand on lines of their own or behind `;`; the last one
// is translated. What is not given is as in torch 2.13, Keras 3.15 and optax 0.2.8. The chain steps as the
// library does, an epoch of torch's schedulers being an update. Throws Error(usage), which names it, for what
// has no counterpart here.
Translation translate(std::string_view calls);

// One object with the members of a Translation.
std::string translation_json(const Translation& translation);

// What stands in place of an option of other programs on a command line, "--batch_size 64" or "--lr 0.1", as
// a hint with the whole command; empty where there is nothing. `words` are those behind the program's name,
// `options` what the command takes.
std::string command_in_words_of_here(std::span<const std::string> words,
                                     std::span<const std::string_view> options);

}  // namespace thalweg
