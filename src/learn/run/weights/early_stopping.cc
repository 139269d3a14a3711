#include "run/weights/early_stopping.h"

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "base/spec.h"
#include "run/folder.h"

namespace thalweg {
namespace {

std::uint64_t whole(const Metadata& metadata, const char* key) {
  return static_cast<std::uint64_t>(metadata_number(metadata, key, 0));
}

}  // namespace

Weights::Weights(const Params& params) {
  values_.reserve(params.size());
  for (const Parameter& parameter : params) {
    values_.emplace_back(parameter.size());
    params_.adopt(parameter.name(), parameter.shape(), values_.back().data(), nullptr, parameter.role());
  }
}

void Weights::copy_from(const Params& params) {
  for (std::size_t i = 0; i < values_.size(); ++i) {
    std::ranges::copy(params[i].value<float>(), values_[i].begin());
  }
}

void Weights::copy_to(Params& params) const {
  for (std::size_t i = 0; i < values_.size(); ++i)
    std::ranges::copy(values_[i], params[i].value<float>().begin());
}

void Weights::swap_with(Params& params) {
  for (std::size_t i = 0; i < values_.size(); ++i) {
    std::ranges::swap_ranges(params[i].value<float>(), values_[i]);
  }
}

EarlyStopping::EarlyStopping(const Params& params, std::uint64_t patience, double min_delta,
                             const Metric& metric)
    : patience_(patience),
      min_delta_(min_delta),
      metric_(metric),
      weights_(params),
      number_(nothing()),
      improved_(nothing()),
      loss_(nothing()) {}

void EarlyStopping::observe(double number, double loss, std::uint64_t epoch, std::uint64_t update,
                            const Params& params) {
  ++waited_;
  if (is_better(number, improved_, min_delta_)) {
    improved_ = number;
    waited_ = 0;
  }
  if (!is_better(number, number_, 0)) return;
  number_ = number;
  loss_ = loss;
  epoch_ = epoch;
  update_ = update;
  weights_.copy_from(params);
}

void EarlyStopping::add_to(Metadata& metadata) const {
  metadata["waited"] = std::to_string(waited_);
  if (!any()) return;
  metadata["best_loss"] = json_number(loss_);
  metadata["best_epoch"] = std::to_string(epoch_);
  metadata["best_update"] = std::to_string(update_);
  metadata["improved_loss"] = json_number(improved_);
  if (metric_.kind != Metric::Kind::loss) metadata["best_metric"] = json_number(number_);
}

std::string EarlyStopping::load_weights(const Metadata& metadata, const std::filesystem::path& directory) {
  const std::uint64_t update = whole(metadata, "best_update");
  if (update == 0) return {};
  try {
    load_parameters(checkpoint_path(directory, update, Kept::best), weights_.params());
    return {};
  } catch (const Error& error) {
    if (error.code() != Code::data) throw;
    return error.what();
  }
}

void EarlyStopping::load(const Metadata& metadata) {
  loss_ = metadata_number(metadata, "best_loss", nothing());
  number_ = metric_.kind == Metric::Kind::loss ? loss_ : metadata_number(metadata, "best_metric", nothing());
  improved_ = metadata_number(metadata, "improved_loss", nothing());
  epoch_ = whole(metadata, "best_epoch");
  update_ = saved_ = whole(metadata, "best_update");
  waited_ = whole(metadata, "waited");
}

void EarlyStopping::add_to(CheckpointWriter& writer, const std::filesystem::path& directory) {
  if (update_ == saved_) return;
  writer.add(checkpoint_path(directory, update_, Kept::best), weights_.params(), update_,
             {{"epoch", std::to_string(epoch_)}, {"loss", json_number(loss_)}});
  saved_ = update_;
}

double metadata_number(const Metadata& metadata, const std::string& key, double fallback) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) return fallback;
  return read_exactly<double>(found->second).value_or(fallback);
}

}  // namespace thalweg
