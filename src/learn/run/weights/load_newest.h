// Which checkpoint a run continues from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "thalweg/checkpoint.h"

namespace thalweg {

struct Newest {
  Metadata metadata;
  bool changed = false;  // it waits beside those of the old plan: settle_change() is still to be called
};

// Loads the newest checkpoint that is whole and belongs to the chain of `optimizer`, or to `also_chain`. A
// damaged one is passed over with a note; one of another chain, from before the length of the run changed,
// without. `epochs`: of the configuration as it is written down. Nothing where there is no checkpoint, or all
// are damaged. Throws Error(data) naming both chains where all that are whole belong to another chain: to
// begin anew would end in their removal.
std::optional<Newest> load_newest(const std::filesystem::path& directory, std::uint64_t epochs,
                                  Params& params, Optimizer& optimizer, const std::string& also_chain,
                                  std::vector<std::string>& notes);

// What a checkpoint of a change says about the plan that it belongs to.
void add_plan(Metadata& metadata, std::uint64_t epochs);

}  // namespace thalweg
