#include "run/weights/load_weights.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <set>

#include "base/file.h"
#include "base/spec.h"
#include "choice/defaults.h"
#include "nn/graph.h"
#include "run/config.h"
#include "run/folder.h"
#include "safetensors/safetensors.h"
#include "thalweg/checkpoint.h"
#include "thalweg/error.h"
#include "thalweg/run.h"
#include "train/line_file.h"
#include "train/not_finite.h"
#include "train/statistics.h"
#include "train/trial.h"

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

// Whether the last thing that its metrics say is a loss that is not finite.
bool has_diverged(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "metrics.jsonl";
  if (!std::filesystem::exists(path)) return false;
  const std::vector<std::string> lines = read_lines(path);
  return !lines.empty() && lines.back().find("\"loss\": null") != std::string::npos;
}

// What layers keep, as parameters of the same memory.
Params statistics_of(Module& model) {
  Params out;
  for (Parameter* kept : model.statistics())
    out.adopt(kept->name(), kept->shape(), kept->value<float>().data(), nullptr, kept->role());
  return out;
}

void find_from_data(const std::filesystem::path& run, Module& model, const TrainingData& own) {
  const RunConfig config = read_config(run / "config.toml");
  std::optional<Dataset> loaded;
  try {
    if (own.data == nullptr)
      loaded.emplace(
          load_dataset(config.data, config.seed, read_text_file(run / "encoding.json"), config.rows.parts));
  } catch (const Error& error) {
    if (error.code() != Code::data) throw;
    throw Error(
        Code::data,
        {run.string(), "the statistics of batch_norm under the averaged weights are not saved", error.what(),
         "the training data of the run, to find them", "take a checkpoint of the end of an epoch"});
  }
  Recordings recordings(model, config.seed, own.threads);
  find_statistics(model, recordings, (loaded ? *loaded : *own.data).train, trainer_options_of(config));
}

// Those of the averages that `model` has; `checkpoint` is what it has them from.
void load_statistics(const std::filesystem::path& checkpoint, std::uint64_t updates, Module& model,
                     const TrainingData& own) {
  const std::filesystem::path run = checkpoint.parent_path().parent_path();
  const std::filesystem::path kept = checkpoint_path(run, updates, Kept::averaged);
  Params statistics = statistics_of(model);
  try {
    if (std::filesystem::exists(kept)) return void(load_parameters(kept, statistics));
  } catch (const Error& error) {  // damaged: they can be found again
    if (error.code() != Code::data) throw;
  }
  find_from_data(run, model, own);
}

// As `export` and torch call what batch_norm keeps.
std::string torch_name(std::string name) {
  constexpr std::string_view kOurs = ".running_variance";
  if (name.ends_with(kOurs)) name.replace(name.size() - kOurs.size(), kOurs.size(), ".running_var");
  return name;
}

double element(const StoredTensor& tensor, std::size_t i) {
  if (tensor.type == ElementType::f64) {
    double number;
    std::memcpy(&number, tensor.bytes.data() + i * sizeof number, sizeof number);
    return number;
  }
  float number;
  std::memcpy(&number, tensor.bytes.data() + i * sizeof number, sizeof number);
  return number;
}

class InitialWeights {
 public:
  explicit InitialWeights(const std::string& path) : path_(path), file_(path) {}

  bool is_checkpoint() const { return file_.verified() && file_.metadata().contains("updates"); }

  // The elements of a parameter in its own order.
  std::vector<float> of(const Parameter& parameter) {
    const StoredTensor& tensor = found(parameter);
    const TorchPlaces torch = torch_places(parameter);
    const bool ours = tensor.shape != torch.shape;
    if (ours && tensor.shape != parameter.shape())
      fail("a tensor has another shape", describe(tensor.type, tensor.shape), parameter, torch.shape);
    if (tensor.type != ElementType::f32 && tensor.type != ElementType::f64)
      fail("a tensor is of another type", describe(tensor.type, tensor.shape), parameter, torch.shape);
    std::vector<float> out;
    for (std::size_t i = 0; i < parameter.size(); ++i) {
      out.push_back(static_cast<float>(element(tensor, ours ? i : torch.places[i])));
      if (std::isfinite(out.back())) continue;
      throw Error(Code::data, {path_, "a weight is not finite", "`" + parameter.name() + "`", "numbers", ""});
    }
    return out;
  }

  bool has(const Parameter& parameter) const {
    return file_.tensors().contains(torch_name(parameter.name()));
  }

  // Whoever made the file meant each of them.
  void check_all_used() const {
    for (const auto& [name, tensor] : file_.tensors()) {
      if (used_.contains(name)) continue;
      throw Error(Code::data, {path_, "a tensor is none of the model", "`" + name + "`", wanted(), ""});
    }
  }

  void want(const Parameter& parameter) { used_.emplace(torch_name(parameter.name()), &parameter); }

 private:
  std::string wanted() const {
    std::string out;
    for (const auto& [name, parameter] : used_)
      out += (out.empty() ? "" : ", ") + name + " " + print_shape(torch_places(*parameter).shape);
    return out;
  }

  const StoredTensor& found(const Parameter& parameter) const {
    const auto tensor = file_.tensors().find(torch_name(parameter.name()));
    if (tensor != file_.tensors().end()) return tensor->second;
    throw Error(Code::data, {path_, "a tensor is missing", "`" + parameter.name() + "`", wanted(), ""});
  }

  [[noreturn]] void fail(const std::string& what, const std::string& got, const Parameter& parameter,
                         const Shape& shape) const {
    throw Error(Code::data,
                {path_, what, "`" + parameter.name() + "` " + got, "F32 or F64 " + print_shape(shape),
                 "a weight is {outputs, inputs}, as in torch"});
  }

  std::string path_;
  Safetensors file_;
  std::map<std::string, const Parameter*> used_;
};

}  // namespace

FoundStatistics::FoundStatistics(Module& model) : of_model_(statistics_of(model)), values_(of_model_) {}

Averaged FoundStatistics::lend(Trial& trial) {
  const std::uint64_t updates = trial.optimizer().updates();
  if (of_model_.size() == 0 || found_ != updates) {
    Averaged out = trial.trainer().averaged();
    if (out.any()) {
      values_.copy_from(of_model_);
      found_ = updates;
    }
    return out;
  }
  Averaged out = trial.optimizer().averaged();
  for (const Parameter* kept : trial.model().statistics()) out.also(*kept);
  values_.copy_to(of_model_);
  return out;
}

void FoundStatistics::find(Trial& trial) {
  if (of_model_.size() > 0 && trial.optimizer().averages()) const Averaged lent = lend(trial);
}

void FoundStatistics::add_to(CheckpointWriter& writer, const std::filesystem::path& directory,
                             std::uint64_t updates) {
  const std::filesystem::path path = checkpoint_path(directory, updates, Kept::averaged);
  std::error_code ignored;
  if (of_model_.size() > 0 && found_ == updates) {
    writer.add(path, values_.params(), updates);
  } else {
    std::filesystem::remove(path, ignored);
  }
}

LoadedWeights::LoadedWeights(const std::filesystem::path& checkpoint, Module& model,
                             const TrainingData& own) {
  Params& params = model.params();
  Metadata metadata = read_metadata(checkpoint);
  if (const auto chain = metadata.find("chain"); chain != metadata.end()) {
    optimizer_.emplace(params, Chain(chain->second));
    if (optimizer_->averages()) metadata = load_checkpoint(checkpoint, params, *optimizer_).metadata;
    averaged_.emplace(optimizer_->averaged());
  }
  if (!optimizer_ || !optimizer_->averages()) load_parameters(checkpoint, params);
  updates_ = read_exactly<std::uint64_t>(metadata.at("updates")).value_or(0);
  epoch_ = static_cast<std::uint64_t>(metadata_number(metadata, "epoch", 0));
  if (!averaged_ || !averaged_->any() || model.statistics().empty()) return;
  for (const Parameter* kept : model.statistics()) averaged_->also(*kept);
  load_statistics(checkpoint, updates_, model, own);
}

LoadedWeights load_weights(const std::filesystem::path& directory, const std::string& which, Module& model,
                           std::vector<std::string>& notes, const TrainingData& own) {
  const std::size_t told = notes.size();
  for (const std::filesystem::path& path : candidates(directory, which)) {
    try {
      return LoadedWeights(path, model, own);
    } catch (const Error& error) {
      if (error.code() != Code::data) throw;
      notes.push_back(std::string("skipped a checkpoint: ") + error.what());
    }
  }
  const std::string others = listed(directory);
  const std::string resume = has_diverged(directory)
                                 ? std::string("the training diverged, and would again: ") + kDivergedHint
                                 : "finish the run with `thalweg train --resume`";
  throw Error(Code::data, {directory.string(), "there is no complete checkpoint `" + which + "`",
                           notes.size() > told ? notes[told]
                           : others.empty()    ? "none"
                                               : others,
                           "a complete one of this model", others.empty() ? resume : ""});
}

void load_initial_weights(const RunConfig& config, Params& params) {
  if (config.keeping.init.empty()) return;
  InitialWeights file(config.keeping.init);
  if (file.is_checkpoint()) return void(load_parameters(config.keeping.init, params));
  for (const Parameter& parameter : params) file.want(parameter);
  file.check_all_used();
  std::vector<std::vector<float>> values;
  for (const Parameter& parameter : params) {
    const bool drawn = parameter.frozen() && !file.has(parameter);
    const auto now = parameter.value<float>();
    values.push_back(drawn ? std::vector<float>(now.begin(), now.end()) : file.of(parameter));
  }
  for (std::size_t i = 0; i < params.size(); ++i)
    std::copy(values[i].begin(), values[i].end(), params[i].value<float>().begin());
}

Module initial_model(const RunConfig& config, const Dataset& data, std::uint64_t seed) {
  Module out = make_model(config.model, inputs_of(data, config.model), seed);
  load_initial_weights(config, out.params());
  return out;
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
