// What a run would do, and what speaks against it, for people and programs to read before it does.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "run/memory.h"
#include "thalweg/settings.h"
#include "train/trial.h"

namespace thalweg {

// A training by `config`, in which nothing is auto.
struct Outlined {
  const RunConfig& config;
  const Dataset& data;
  Trial& trial;
  const MemoryEstimate& memory;
  std::span<const std::string> notes;  // beside those of the data
};

// `plan` is the explained chain.
std::string outline(const Outlined& all, const std::string& plan);

// One object: schema, data, model, loss, lengths, optimizer, resolved, plan, memory in bytes, notes.
std::string outline_json(const Outlined& all);

// That a model's last layer bounds what the loss takes for scores without bounds; empty where it does not.
std::string squashed_output(std::string_view model, std::string_view loss);

// What to change in such a model.
inline constexpr std::string_view kEndInDense = "let the model end in its last `dense`";

// A line each: a squashed output, and an average that ends the run with a good part of the weights it began
// with.
std::vector<std::string> advice(Trial& trial);

}  // namespace thalweg
