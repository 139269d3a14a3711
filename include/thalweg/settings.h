// The settings of a run: what the flags of the tool, the keys of a TOML file and config.toml of a run
// directory say, under the same names and with the same words. What is const may be used by several threads
// at once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thalweg/dataset.h"

namespace thalweg {

class Comm;

// When a run ends before its last epoch, and whose weights its result has.
struct EarlyStoppingOptions {
  std::string monitor = "loss";           // the metric of the held-out samples that judges: kMetricNames
  std::uint64_t patience = 0;             // epochs without improvement until it stops; 0: never
  double min_delta = 0;                   // it must be better by more than this to be an improvement
  std::optional<bool> restore_best = {};  // the result is of the best epoch; none: if patience is set
};

// What a run is called, where it has its weights from, and how it keeps them while they are trained.
struct KeepingOptions {
  std::string name = {};  // in pages, legends and JSON; empty: that of its folder
  std::string init = {};  // a safetensors file, named and ordered as torch does; empty: drawn with the seed
  std::string checkpoint_every = "never";  // permanently; a length: 500, 2ep, 5%
  bool async_checkpoints = false;          // written from a copy while the training goes on
  std::uint64_t statistics_batches = 0;    // as of TrainerOptions
};

// Which rows of the data are in which part, and how much they count.
struct RowOptions {
  PartOptions parts = {};
  // Of each class, in the loss: "none", "balanced" - n / (classes x n of the class), counted in the training
  // part -, or numbers above 0 for some classes, "cat=1,dog=5", and 1 for the others. It becomes the option
  // `weight` of the loss.
  std::string class_weights = "none";
};

// What a run may take of the machine beside its threads, and how its steps are computed.
struct MachineOptions {
  std::uint64_t memory = 0;                      // bytes, by which what is auto here is chosen; 0: any
  std::optional<std::uint64_t> chunk = {};       // TrainerOptions::chunk; none: auto
  std::optional<std::uint64_t> checkpoint = {};  // TrainerOptions::checkpoint; none: auto
  std::string compute = "f32";                   // or bf16
  std::string fuse = "none";                     // or backward: TrainerOptions::fuse
  // nonfinite_name() of what a step does about gradients that are not finite.
  std::string nonfinite = "report";
  // TrainerOptions::shards; none: auto, as many as ranks, rounded up to a power of two.
  std::optional<std::uint64_t> shards = {};
  std::string state = "sharded";  // or whole: OptimizerOptions::whole_state
  std::string overlap = "all";    // parse_overlap()
  // Ranks that run it together; null without. No setting: it is written nowhere.
  Comm* comm = nullptr;
};

// Texts are of the grammar, or "auto": chosen by the data. The defaults are those of the tool, except
// `threads`.
struct RunConfig {
  std::string data = "digits";
  std::string model = "auto";  // dense(128) | relu | dense(n), with as many outputs as classes or values
  std::string loss = "auto";   // cross_entropy for classes, mse for values
  // adamw with cosine decay; more weight decay for few samples of classes. Run::create() of a table tries a
  // few decays, and lengths where `epochs` is auto too, on folds of the training part: see run.h.
  std::string optimizer = "auto";
  std::optional<std::uint64_t> batch = {};            // samples per batch; 0: all of them; none: auto
  std::uint64_t accumulate = 1;                       // batches per update
  std::optional<std::uint64_t> epochs = {};           // none: auto
  std::optional<std::uint64_t> schedule_epochs = {};  // that schedules are planned for; none: as `epochs`
  std::string order = "shuffle";                      // shuffle, replacement or file
  EarlyStoppingOptions early_stopping = {};
  KeepingOptions keeping = {};
  RowOptions rows = {};
  std::uint64_t seed = 1;
  int threads = 1;  // 0: all that the process may use
  MachineOptions machine = {};
};

// A size in memory: 1048576, 512MiB, 1.5GiB; nothing for a text that is none, or below 1 byte.
std::optional<std::uint64_t> read_memory_size(std::string_view text);
// In the largest unit of which it is a whole number.
std::string print_memory_size(std::uint64_t bytes);

// One of them, as text. Its default is what it prints of RunConfig{}.
struct RunSetting {
  enum class Kind { text, whole, real, flag };

  std::string_view name;  // of the flag after "--", and of the key
  Kind kind = Kind::text;
  // "auto|full": what is accepted instead of a number, or the choices of a text; "*": too many to list.
  std::string_view words;
  std::string_view doc;   // one line
  bool required = false;  // whether every config.toml of a run has it

  // Sets it. Throws Error(usage) for a text that is not a value, most often with `where` before it.
  void read(RunConfig& config, const std::string& where, const std::string& text) const;
  std::string print(const RunConfig& config) const;
};

// All, in the order in which a file has them.
std::span<const RunSetting> run_settings();

// A configuration and where each of its values comes from: the default, a file, a flag. What is set later
// overrides it.
class RunSettings {
 public:
  explicit RunSettings(RunConfig defaults = {});

  // Takes the keys of a TOML file; that of a run directory is accepted, and repeats that run. Throws
  // Error(usage) naming file and line for an unknown key, with the nearest name, and for a bad value.
  void read_file(const std::filesystem::path& path);

  // The same of a text. Errors name `name` and line.
  void read_text(std::string_view toml, const std::string& name = "settings");

  // Takes a flag: `name` without its dashes.
  void set(std::string_view name, const std::string& text);

  const RunConfig& config() const { return config_; }

  // A TOML file that read_file() reads back, each value with its origin as a comment.
  std::string toml() const;

 private:
  void take(const std::string& name, const std::vector<std::uint64_t>& lines, RunConfig config);

  RunConfig config_;
  std::vector<std::string> origins_;  // one per setting: "default", "run.toml:3", "--epochs"
};

}  // namespace thalweg
