#include "run/weights/load_newest.h"

#include "checkpoint/other_checkpoint.h"
#include "run/folder.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr const char* kEpochs = "epochs";

// The text under a key; empty where there is none, or no whole checkpoint.
std::string text_in(const std::filesystem::path& path, const std::string& key) {
  try {
    const Metadata metadata = read_metadata(path);
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string() : found->second;
  } catch (const Error& error) {
    if (error.code() != Code::data) throw;
    return {};
  }
}

struct Candidate {
  std::filesystem::path path;
  bool changed = false;
};

// A checkpoint of a change counts once the configuration says so; then it is ahead of what it replaces.
std::vector<Candidate> candidates(const std::filesystem::path& directory, std::uint64_t epochs) {
  std::vector<Candidate> found;
  for (const std::uint64_t updates : checkpoints(directory, Kept::changed)) {
    const std::filesystem::path path = checkpoint_path(directory, updates, Kept::changed);
    if (text_in(path, kEpochs) == std::to_string(epochs)) found.push_back({path, true});
  }
  for (const std::filesystem::path& path : resumable_checkpoints(directory)) found.push_back({path});
  return found;
}

}  // namespace

std::optional<Newest> load_newest(const std::filesystem::path& directory, std::uint64_t epochs,
                                  Params& params, Optimizer& optimizer, const std::string& also_chain,
                                  std::vector<std::string>& notes) {
  const std::string chain = optimizer.chain().text(true);
  std::string other;  // chain
  std::optional<OtherCheckpoint> other_model;
  for (const Candidate& candidate : candidates(directory, epochs)) {
    try {
      const LoadOptions options{.also_chain = also_chain};
      return Newest{load_checkpoint(candidate.path, params, optimizer, options).metadata, candidate.changed};
    } catch (const Error& error) {
      if (error.code() != Code::data) throw;
      const std::string saved = text_in(candidate.path, "chain");
      const bool ours = saved.empty() || saved == chain || saved == also_chain;
      const auto* misfit = dynamic_cast<const OtherCheckpoint*>(&error);
      if (!ours) {
        if (other.empty()) other = saved;
      } else if (misfit != nullptr) {
        if (!other_model) other_model = *misfit;
      } else {
        notes.push_back(std::string("skipped a checkpoint: ") + error.what());
      }
    }
  }
  if (other_model) throw *other_model;
  if (other.empty()) return std::nullopt;
  throw Error(Code::data, {(directory / "checkpoints").string(), "the checkpoints belong to another chain",
                           other, also_chain.empty() ? chain : also_chain,
                           "undo what was changed in config.toml, or start a new run"});
}

void add_plan(Metadata& metadata, std::uint64_t epochs) { metadata[kEpochs] = std::to_string(epochs); }

}  // namespace thalweg
