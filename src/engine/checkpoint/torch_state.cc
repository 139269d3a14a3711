#include "thalweg/torch_state.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/spec.h"
#include "checkpoint/counterparts.h"
#include "checkpoint/fill.h"
#include "checkpoint/match.h"
#include "checkpoint/renames.h"
#include "checkpoint/slots.h"
#include "checkpoint/torch_keys.h"
#include "safetensors/safetensors.h"
#include "safetensors/state_file.h"
#include "step/state_access.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::string_view kState = "state.";
constexpr const char* kUpdates = "updates";

// State, clocks, and numbers of parameters: what torch has too, or would have to have.
std::vector<Slot> torch_slots(Params& params, Optimizer& optimizer) {
  std::vector<Slot> slots = training_slots(params, optimizer);
  std::erase_if(slots, [](const Slot& slot) {
    return slot.kind == Slot::Kind::parameter || slot.parameter == kOfChain;
  });
  return slots;
}

std::string_view stream_of(const Slot& slot) { return take_apart(slot.name).rest.substr(1); }

// For each parameter the rule that torch knows it by; empty: none. Throws where there are others.
std::vector<std::string_view> rules_of(const std::vector<Slot>& slots, std::size_t parameters) {
  std::vector<std::string_view> rules(parameters);
  for (const Slot& slot : slots) {
    if (slot.kind == Slot::Kind::clock) continue;
    const TorchStream* stream = find_torch_stream(stream_of(slot));
    std::string_view& rule = rules[slot.parameter];
    if (stream == nullptr || (!rule.empty() && rule != stream->rule())) {
      throw Error(Code::usage, {"state for torch", "torch has no such state", "`" + slot.name + "`",
                                "one of momentum, adam, rmsprop and adagrad for each parameter", ""});
    }
    rule = stream->rule();
  }
  return rules;
}

// What is written of one optimizer, with the steps that it points to.
class TorchTensors {
 public:
  TorchTensors(Params& params, Optimizer& optimizer, TorchKeys keys) {
    const std::vector<Slot> slots = torch_slots(params, optimizer);
    const std::vector<std::string_view> rules = rules_of(slots, params.size());
    const std::span<const std::uint64_t> clocks = optimizer.clocks();
    for (const Slot& slot : slots) {
      const std::size_t p = slot.parameter;
      if (rules[p].empty() || (clocks[p] == 0 && rules[p] != kFromTheStart)) continue;
      const std::string prefix =
          std::string(kState) + (keys == TorchKeys::index ? std::to_string(p) : params[p].name()) + ".";
      if (slot.kind == Slot::Kind::clock) {
        if (rules[p] != kStepless) add_step(prefix + std::string(kTorchStep), clocks[p]);
      } else {
        const std::string name = prefix + std::string(find_torch_stream(stream_of(slot))->key);
        tensors_.emplace(name, StoredTensor{slot.type, slot.shape, slot.bytes});
      }
    }
  }

  const StoredTensors& tensors() const { return tensors_; }

 private:
  void add_step(const std::string& name, std::uint64_t step) {
    const float single = static_cast<float>(step);
    if (static_cast<double>(single) == static_cast<double>(step)) {
      const float& kept = singles_.emplace_back(single);
      tensors_.emplace(name, StoredTensor{ElementType::f32, {}, std::as_bytes(std::span(&kept, 1))});
    } else {
      const double& kept = doubles_.emplace_back(static_cast<double>(step));
      tensors_.emplace(name, StoredTensor{ElementType::f64, {}, std::as_bytes(std::span(&kept, 1))});
    }
  }

  StoredTensors tensors_;
  std::deque<float> singles_;  // stay where they are
  std::deque<double> doubles_;
};

Metadata with_updates(const Optimizer& optimizer, Metadata metadata) {
  metadata[kUpdates] = std::to_string(optimizer.updates());
  return metadata;
}

template <class T>
std::optional<double> number_at(const StateFile& file, const TensorPlace& place) {
  T number;
  file.read(place, 0, std::as_writable_bytes(std::span(&number, 1)));
  return static_cast<double>(number);
}

// The one number of a tensor, of any type that torch has used for a step.
std::optional<double> number_of(const StateFile& file, const TensorPlace& place) {
  if (place.shape.size() > 1 || count(place.shape) != 1) return std::nullopt;
  switch (place.type) {
    case ElementType::f32:
      return number_at<float>(file, place);
    case ElementType::f64:
      return number_at<double>(file, place);
    case ElementType::i64:
      return number_at<std::int64_t>(file, place);
    case ElementType::u64:
      return number_at<std::uint64_t>(file, place);
    case ElementType::i32:
      return number_at<std::int32_t>(file, place);
    case ElementType::u32:
      return number_at<std::uint32_t>(file, place);
    default:
      return std::nullopt;
  }
}

// A file of torch's, seen with the names of the optimizer that it is for.
class TorchFile {
 public:
  TorchFile(const StateFile& file, Params& params, const std::vector<Slot>& slots, const LoadOptions& options)
      : file_(file), params_(params), renames_(options.remap) {
    for (const Slot& slot : slots) known_.insert(slot.name);
    for (const auto& [name, place] : file.tensors()) {
      const std::string ours = translated(name);
      if (ours.starts_with("clock/")) {
        if (!steps_.emplace(ours, &place).second) twice(name, ours);
      } else {
        names_.emplace(name, ours);
        others_.emplace(name, place);
      }
      if (ours != name) present_.insert(std::string(take_apart(ours).owner));
    }
    renames_.check(file.name());
  }

  const TensorPlaces& others() const { return others_; }  // all but steps
  const std::string& ours(std::string_view name) const { return names_.find(name)->second; }
  bool has(const std::string& parameter) const { return present_.contains(parameter); }
  const TensorPlace* step_of(const std::string& parameter) const {
    const auto found = steps_.find("clock/" + parameter);
    return found == steps_.end() ? nullptr : found->second;
  }

  // The number of updates that a step says.
  std::uint64_t read_step(const std::string& parameter) const {
    const TensorPlace& place = *step_of(parameter);
    const std::optional<double> number = number_of(file_, place);
    constexpr double kMost = 9007199254740992;  // 2^53
    if (number && *number >= 0 && *number <= kMost && *number == std::floor(*number))
      return static_cast<std::uint64_t>(*number);
    throw Error(Code::data, {file_.name(), "the step of `" + parameter + "` is no number of updates",
                             (number ? print_number(*number) : std::string("no number")) + " in " +
                                 describe(place.type, place.shape),
                             "one whole number from 0 to 2^53", ""});
  }

 private:
  [[noreturn]] void twice(const std::string& name, const std::string& ours) const {
    throw Error(Code::data, {file_.name(), "two tensors for the same state", "`" + name + "` is one",
                             "one for `" + ours + "`", ""});
  }

  // "state.0.exp_avg" is "optimizer/w/adam.m"; the same name where it is nothing of ours.
  std::string translated(const std::string& name) {
    if (!name.starts_with(kState)) return name;
    const std::size_t dot = name.rfind('.');
    if (dot < kState.size()) return name;
    const std::string owner = owner_of(name.substr(kState.size(), dot - kState.size()));
    const std::string_view key = std::string_view(name).substr(dot + 1);
    if (key == kTorchStep && known_.contains("clock/" + owner)) return "clock/" + owner;
    for (const TorchStream& stream : kTorchStreams) {
      std::string ours = "optimizer/" + owner + "/" + std::string(stream.stream);
      if (stream.key == key && known_.contains(ours)) return ours;
    }
    return name;
  }

  // The parameter of that name, or else of that index.
  std::string owner_of(const std::string& text) {
    const std::string renamed = renames_.ours(text);
    if (renamed != text || params_.find(text) != nullptr) return renamed;
    const std::optional<std::uint64_t> index = read_exactly<std::uint64_t>(text);
    return index && *index < params_.size() ? params_[*index].name() : text;
  }

  const StateFile& file_;
  Params& params_;
  Renames renames_;
  std::set<std::string> known_;  // names of slots
  std::map<std::string, std::string, std::less<>> names_;
  std::map<std::string, const TensorPlace*> steps_;
  std::set<std::string> present_;  // parameters of which the file has something
  TensorPlaces others_;
};

// Which slots are filled from what; clocks are set by hand.
struct TorchPlan {
  std::vector<Slot> slots;
  Match match;
};

TorchPlan plan_of(const TorchFile& torch, const std::vector<Slot>& slots, Params& params,
                  const std::string& name, const LoadOptions& options) {
  TorchPlan plan;
  for (const Slot& slot : slots) {
    if (slot.kind != Slot::Kind::clock && torch.has(params[slot.parameter].name()))
      plan.slots.push_back(slot);
  }
  plan.match = match_tensors(name, plan.slots, torch.others(), {.partial = options.partial},
                             {.ours = [&](std::string_view tensor) { return torch.ours(tensor); }});
  for (const Slot& slot : slots) {
    if (slot.kind == Slot::Kind::clock || torch.has(params[slot.parameter].name())) continue;
    plan.slots.push_back(slot);
    plan.match.from.push_back(nullptr);
    plan.match.fresh.push_back(slot.name);
    plan.match.state_anew = true;
  }
  return plan;
}

// Of each parameter, by its step, or by the updates where torch counts none.
std::vector<std::uint64_t> clocks_of(const TorchFile& torch, const TorchPlan& plan, const Params& params,
                                     std::optional<std::uint64_t> updates) {
  std::vector<std::uint64_t> clocks(params.size(), 0);
  std::vector<bool> kept(params.size(), true), filled(params.size(), false);
  for (std::size_t i = 0; i < plan.slots.size(); ++i) {
    const std::size_t p = plan.slots[i].parameter;
    if (plan.match.from[i] != nullptr) filled[p] = true;
    if (plan.match.from[i] == nullptr && !may_start_late(plan.slots[i])) kept[p] = false;
  }
  for (std::size_t p = 0; p < clocks.size(); ++p) {
    if (torch.step_of(params[p].name()) != nullptr) {
      const std::uint64_t step = torch.read_step(params[p].name());
      if (kept[p]) clocks[p] = step;
    } else if (kept[p] && filled[p]) {
      clocks[p] = std::max<std::uint64_t>(1, updates.value_or(1));
    }
  }
  return clocks;
}

LoadReport load(StateSource source, Params& params, Optimizer& optimizer, const LoadOptions& options) {
  const std::vector<Slot> slots = torch_slots(params, optimizer);
  Team team(useful_threads(source.size(), options.threads));
  const StateFile file(std::move(source));
  const auto text = file.metadata().find(kUpdates);
  std::optional<std::uint64_t> updates;
  if (text != file.metadata().end()) updates = read_exactly<std::uint64_t>(text->second);
  std::optional<TorchFile> torch;
  const TorchPlan plan = damage_first(file, team, [&] {
    torch.emplace(file, params, slots, options);
    return plan_of(*torch, slots, params, file.name(), options);
  });
  file.verify(team);
  const std::vector<std::uint64_t> clocks = clocks_of(*torch, plan, params, updates);
  const InitialState initial(params, optimizer, plan.match);
  LoadReport report{file.metadata(), plan.match.kept, plan.match.fresh, plan.match.dropped};
  for (std::size_t p = 0; p < clocks.size(); ++p) {
    if (clocks[p] == 0) report.fresh.push_back("clock/" + params[p].name());
  }
  const std::uint64_t largest = clocks.empty() ? 0 : *std::ranges::max_element(clocks);
  fill(plan.slots, plan.match, file, &initial, team);
  std::ranges::copy(clocks, optimizer.clocks().begin());
  optimizer.set_updates(updates.value_or(largest));
  optimizer.set_skips(0);
  StateAccess::loaded(optimizer);
  return report;
}

}  // namespace

void save_torch_state(const std::filesystem::path& path, Params& params, Optimizer& optimizer, TorchKeys keys,
                      const SaveOptions& options) {
  StateAccess::check_whole(optimizer);
  const TorchTensors torch(params, optimizer, keys);
  write_safetensors(path, torch.tensors(), with_updates(optimizer, options.metadata), options.threads);
}

std::vector<std::byte> torch_state_bytes(Params& params, Optimizer& optimizer, TorchKeys keys,
                                         const SaveOptions& options) {
  StateAccess::check_whole(optimizer);
  const TorchTensors torch(params, optimizer, keys);
  return safetensors_bytes(torch.tensors(), with_updates(optimizer, options.metadata), options.threads);
}

LoadReport load_torch_state(const std::filesystem::path& path, Params& params, Optimizer& optimizer,
                            const LoadOptions& options) {
  return load(StateSource(path), params, optimizer, options);
}

LoadReport load_torch_state(std::span<const std::byte> bytes, Params& params, Optimizer& optimizer,
                            const LoadOptions& options) {
  return load(StateSource("state in memory", bytes), params, optimizer, options);
}

}  // namespace thalweg
