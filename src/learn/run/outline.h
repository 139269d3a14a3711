// What a run would do, and what speaks against it, for people and programs to read before it does.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "thalweg/settings.h"
#include "train/trial.h"

namespace thalweg {

// Data, and what the process held in memory before they were read and after.
struct Loaded {
  std::uint64_t held_before = 0, held_after = 0;
  Dataset data;
};
Loaded load_data(const RunConfig& config, std::string_view encoding = {});

// The memory of a run, in bytes. What the process holds already is measured; what is to come - gradients,
// state, activations - is known from its sizes.
struct MemoryEstimate {
  std::vector<std::pair<const char*, std::uint64_t>> parts;
  std::uint64_t sum = 0;       // of the parts
  std::uint64_t together = 0;  // the most: their sum, or what the reading of the data took
};

// Of a training that has yet to begin, on the data of `loaded` or what has become of them; makes its tapes.
MemoryEstimate estimate_memory(const Loaded& loaded, const RunConfig& config, const Dataset& data,
                               Trial& trial);

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

// The weights that the loss of a run has of the classes: an object of the number of each by its name, or
// null. Of very many classes the numbers are not listed.
std::string class_weights_json(const std::string& loss, const Dataset& data);

// "class weights: no 0.625, yes 2.5", where the configuration asks for them; empty where it does not.
std::string class_weights_text(const RunConfig& config, const Dataset& data);

// That a model's last layer bounds what the loss takes for scores without bounds; empty where it does not.
std::string squashed_output(std::string_view model, std::string_view loss);

// What to change in such a model.
inline constexpr std::string_view kEndInDense = "let the model end in its last `dense`";

// A line each: a squashed output, and an average that ends the run with a good part of the weights it began
// with.
std::vector<std::string> advice(Trial& trial);

}  // namespace thalweg
