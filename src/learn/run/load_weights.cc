#include "run/load_weights.h"

#include <set>

#include "base/spec.h"
#include "run/early_stopping.h"
#include "run/folder.h"
#include "thalweg/checkpoint.h"
#include "thalweg/error.h"
#include "thalweg/run.h"

namespace thalweg {
namespace {

std::vector<std::filesystem::path> candidates(const std::filesystem::path& directory,
                                              const std::string& which) {
  std::vector<std::filesystem::path> paths;
  if (which == "last") return resumable_checkpoints(directory);
  if (which == "best") {
    for (const std::uint64_t updates : checkpoints(directory, Kept::best)) {
      paths.push_back(checkpoint_path(directory, updates, Kept::best));
    }
    return paths;
  }
  const std::optional<std::uint64_t> updates = read_exactly<std::uint64_t>(which);
  if (!updates) {
    throw Error(Code::usage,
                {"checkpoint", "unknown", "`" + which + "`", "last, best or a number of updates", ""});
  }
  for (const Kept kept : {Kept::newest, Kept::always, Kept::best}) {
    const std::filesystem::path path = checkpoint_path(directory, *updates, kept);
    if (std::filesystem::exists(path)) paths.push_back(path);
  }
  return paths;
}

// The updates of which there are checkpoints: "46, 92, 138".
std::string listed(const std::filesystem::path& directory) {
  std::set<std::uint64_t> all;
  for (const Kept kept : {Kept::newest, Kept::always, Kept::best}) {
    for (const std::uint64_t updates : checkpoints(directory, kept)) all.insert(updates);
  }
  std::string out;
  for (const std::uint64_t updates : all) out += (out.empty() ? "" : ", ") + std::to_string(updates);
  return out;
}

}  // namespace

LoadedWeights::LoadedWeights(const std::filesystem::path& checkpoint, Params& params) {
  Metadata metadata = read_metadata(checkpoint);
  if (const auto chain = metadata.find("chain"); chain != metadata.end()) {
    optimizer_.emplace(params, Chain(chain->second));
    if (optimizer_->averages()) metadata = load_checkpoint(checkpoint, params, *optimizer_).metadata;
    averaged_.emplace(optimizer_->averaged());
  }
  if (!optimizer_ || !optimizer_->averages()) load_parameters(checkpoint, params);
  updates_ = read_exactly<std::uint64_t>(metadata.at("updates")).value_or(0);
  epoch_ = static_cast<std::uint64_t>(metadata_number(metadata, "epoch", 0));
}

LoadedWeights load_weights(const std::filesystem::path& directory, const std::string& which, Params& params,
                           std::vector<std::string>& notes) {
  for (const std::filesystem::path& path : candidates(directory, which)) {
    try {
      return LoadedWeights(path, params);
    } catch (const Error& error) {
      if (error.code() != Code::data) throw;
      notes.push_back(std::string("skipped a checkpoint: ") + error.what());
    }
  }
  const std::string others = listed(directory);
  throw Error(Code::data, {directory.string(), "there is no complete checkpoint `" + which + "`",
                           !notes.empty()   ? notes.front()
                           : others.empty() ? "none"
                                            : others,
                           "a complete one of this model",
                           others.empty() ? "finish the run with `thalweg train --resume`" : ""});
}

std::string weights_text(const std::string& name, std::uint64_t epoch, std::uint64_t update) {
  const std::string of_epoch = "epoch " + std::to_string(epoch),
                    of_update = "update " + std::to_string(update);
  return name == "last" || name == "best" ? "the " + name + " weights, " + of_epoch + " (" + of_update + ")"
                                          : "the weights of " + of_update + " (" + of_epoch + ")";
}

std::string which_weights(const std::filesystem::path& directory, const std::string& asked,
                          const RunConfig& config) {
  if (!asked.empty()) return asked;
  return config.early_stopping.restore_best.value_or(false) && !checkpoints(directory, Kept::best).empty()
             ? "best"
             : "last";
}

}  // namespace thalweg
