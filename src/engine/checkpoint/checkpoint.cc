#include "thalweg/checkpoint.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/spec.h"
#include "checkpoint/contents.h"
#include "checkpoint/fill.h"
#include "checkpoint/match.h"
#include "checkpoint/other_checkpoint.h"
#include "checkpoint/slots.h"
#include "safetensors/state_file.h"
#include "step/state_access.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::string_view kFormatName = "thalweg-checkpoint-";
constexpr std::string_view kFormat = "thalweg-checkpoint-1";
constexpr const char* kInMemory = "checkpoint in memory";

[[noreturn]] void fail(const std::string& file, const std::string& what, const std::string& got,
                       const std::string& want, const std::string& hint) {
  throw Error(Code::data, {file, what, got, want, hint});
}

// The text of a key that every checkpoint has.
const std::string& text_of(const std::string& file, const Metadata& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  if (found == metadata.end())
    fail(file, "the metadata has no `" + key + "`", "", "a checkpoint of Thalweg", "");
  return found->second;
}

// Of "thalweg-checkpoint-2": whether it is of a later version than this one.
bool is_later(std::string_view format) {
  if (!format.starts_with(kFormatName)) return false;
  const std::string_view number = format.substr(kFormatName.size());
  const bool digits = !number.empty() && number.find_first_not_of("0123456789") == number.npos;
  return digits && number[0] != '0' && number != kFormat.substr(kFormatName.size());
}

void check_format(const StateFile& state) {
  const std::string& file = state.name();
  const auto found = state.metadata().find("format");
  const std::string format = found == state.metadata().end() ? "" : found->second;
  if (is_later(format)) {
    fail(file, "the checkpoint is too new", format, std::string(kFormat), "load it with a newer Thalweg");
  }
  if (format != kFormat) {
    fail(file, "not a checkpoint of Thalweg",
         format.empty() ? "no `format` in the metadata" : "format `" + format + "`", std::string(kFormat),
         "");
  }
  if (!state.has_checksum())
    fail(file, "the checkpoint has no checksum", "", "a checksum", "the file is damaged");
}

std::uint64_t read_count(const std::string& file, const Metadata& metadata, const std::string& key) {
  const std::string& text = text_of(file, metadata, key);
  const std::optional<std::uint64_t> number = read_exactly<std::uint64_t>(text);
  if (!number) fail(file, "`" + key + "` is not a number", "`" + text + "`", "a whole number below 2^64", "");
  return *number;
}

// What to do about a checkpoint of another chain: it may be one that this program cannot read.
std::string hint_for(const std::string& saved) {
  try {
    Chain{saved};
    return "build the optimizer with the saved chain, ask to load from another one, or load the parameters "
           "alone";
  } catch (const Error& error) {
    return std::string("register the transforms that its program had added (") +
           std::string(error.what()).substr(0, std::string(error.what()).find('\n')) +
           "), or load the parameters alone";
  }
}

void check_chain(const std::string& file, const Metadata& metadata, const Chain& chain,
                 const LoadOptions& options) {
  const std::string& saved = text_of(file, metadata, "chain");
  const std::string bound = chain.text(true);
  const bool also = !options.also_chain.empty() && saved == options.also_chain;
  if (saved != bound && !also && !options.other_chain) {
    throw OtherCheckpoint(Code::data,
                          {file, "the checkpoint belongs to another chain", saved, bound, hint_for(saved)});
  }
}

struct Counts {
  std::uint64_t updates, gradients, skips;
};

Counts counts_of(const std::string& file, const Metadata& metadata) {
  const std::uint64_t updates = read_count(file, metadata, "updates");
  return {updates, metadata.contains("gradients") ? read_count(file, metadata, "gradients") : updates,
          metadata.contains("skips") ? read_count(file, metadata, "skips") : 0};
}

StoredTensors stored(const std::vector<Slot>& slots) {
  StoredTensors tensors;
  for (const Slot& slot : slots) tensors.emplace(slot.name, StoredTensor{slot.type, slot.shape, slot.bytes});
  return tensors;
}

LoadReport report_of(const StateFile& file, Match match) {
  return {file.metadata(), std::move(match.kept), std::move(match.fresh), std::move(match.dropped)};
}

LoadReport load_training(StateSource source, Params& params, Optimizer& optimizer,
                         const LoadOptions& options) {
  const std::vector<Slot> slots = training_slots(params, optimizer);
  Team team(useful_threads(source.size(), options.threads));
  const StateFile file(std::move(source));
  Counts counts{};
  Match match = damage_first(file, team, [&] {
    check_format(file);
    check_chain(file.name(), file.metadata(), optimizer.chain(), options);
    counts = counts_of(file.name(), file.metadata());
    return match_tensors(file.name(), slots, file.tensors(), options);
  });
  file.verify(team);
  const InitialState initial(params, optimizer, match);
  LoadReport report = report_of(file, match);
  fill(slots, match, file, &initial, team);
  const auto [updates, gradients, skips] = counts;
  optimizer.set_updates(updates);
  optimizer.set_gradients(gradients);
  optimizer.set_skips(skips);
  StateAccess::loaded(optimizer);
  return report;
}

LoadReport load_alone(StateSource source, Params& params, const LoadOptions& options) {
  const std::vector<Slot> slots = parameter_slots(params);
  Team team(useful_threads(source.size(), options.threads));
  const StateFile file(std::move(source));
  Match match = damage_first(file, team, [&] {
    check_format(file);
    return match_tensors(file.name(), slots, file.tensors(), options, {.training = false});
  });
  file.verify(team);
  LoadReport report = report_of(file, match);
  fill(slots, match, file, nullptr, team);
  return report;
}

Metadata verified_metadata(StateSource source, int threads) {
  Team team(useful_threads(source.size(), threads));
  const StateFile file(std::move(source));
  file.verify(team);
  check_format(file);
  return file.metadata();
}

}  // namespace

Contents contents_of(Params& params, Optimizer& optimizer, Metadata metadata) {
  StateAccess::check_whole(optimizer);
  metadata["format"] = kFormat;
  metadata["updates"] = std::to_string(optimizer.updates());
  metadata["chain"] = optimizer.chain().text(true);
  metadata["gradients"] = std::to_string(optimizer.gradients());
  metadata.erase("skips");  // of the checkpoint that `metadata` may be from
  if (optimizer.skips() > 0) metadata["skips"] = std::to_string(optimizer.skips());
  return {stored(training_slots(params, optimizer)), std::move(metadata)};
}

Contents contents_of(Params& params, std::uint64_t updates, Metadata metadata) {
  for (const char* key : {"chain", "gradients", "skips"}) metadata.erase(key);
  metadata["format"] = kFormat;
  metadata["updates"] = std::to_string(updates);
  return {stored(parameter_slots(params)), std::move(metadata)};
}

void save_checkpoint(const std::filesystem::path& path, Params& params, Optimizer& optimizer,
                     const SaveOptions& options) {
  const auto [tensors, metadata] = contents_of(params, optimizer, options.metadata);
  write_safetensors(path, tensors, metadata, options.threads);
}

std::vector<std::byte> checkpoint_bytes(Params& params, Optimizer& optimizer, const SaveOptions& options) {
  const auto [tensors, metadata] = contents_of(params, optimizer, options.metadata);
  return safetensors_bytes(tensors, metadata, options.threads);
}

void save_parameters(const std::filesystem::path& path, Params& params, std::uint64_t updates,
                     const SaveOptions& options) {
  const auto [tensors, metadata] = contents_of(params, updates, options.metadata);
  write_safetensors(path, tensors, metadata, options.threads);
}

std::vector<std::byte> parameter_bytes(Params& params, std::uint64_t updates, const SaveOptions& options) {
  const auto [tensors, metadata] = contents_of(params, updates, options.metadata);
  return safetensors_bytes(tensors, metadata, options.threads);
}

LoadReport load_checkpoint(const std::filesystem::path& path, Params& params, Optimizer& optimizer,
                           const LoadOptions& options) {
  return load_training(StateSource(path), params, optimizer, options);
}

LoadReport load_checkpoint(std::span<const std::byte> bytes, Params& params, Optimizer& optimizer,
                           const LoadOptions& options) {
  return load_training(StateSource(kInMemory, bytes), params, optimizer, options);
}

LoadReport load_parameters(const std::filesystem::path& path, Params& params, const LoadOptions& options) {
  return load_alone(StateSource(path), params, options);
}

LoadReport load_parameters(std::span<const std::byte> bytes, Params& params, const LoadOptions& options) {
  return load_alone(StateSource(kInMemory, bytes), params, options);
}

Metadata read_metadata(const std::filesystem::path& path, int threads) {
  return verified_metadata(StateSource(path), threads);
}

Metadata read_metadata(std::span<const std::byte> bytes, int threads) {
  return verified_metadata(StateSource(kInMemory, bytes), threads);
}

}  // namespace thalweg
