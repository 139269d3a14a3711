#include "thalweg/checkpoint.h"

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/spec.h"
#include "checkpoint/other_checkpoint.h"
#include "checkpoint/safetensors.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::string_view kFormatName = "thalweg-checkpoint-";
constexpr std::string_view kFormat = "thalweg-checkpoint-1";
constexpr std::string_view kStatePrefix = "optimizer/";
constexpr std::string_view kClockPrefix = "clock/";
constexpr std::string_view kNumberPrefix = "number/";

bool is_training_state(std::string_view name) {
  return name.starts_with(kStatePrefix) || name.starts_with(kClockPrefix) || name.starts_with(kNumberPrefix);
}

// A tensor that the model has: what must stand in a file, and the memory it is saved from and loaded into.
struct Slot {
  std::string name;
  ElementType type;
  Shape shape;
  std::span<std::byte> bytes;
};

ElementType element_type(Dtype dtype) {
  switch (dtype) {
    case Dtype::f32:
      return ElementType::f32;
    case Dtype::f64:
      return ElementType::f64;
    case Dtype::u8:
      break;
  }
  return ElementType::u8;
}

// As the buffer says; its memory is the host's.
Slot slot_of(std::string name, const Buffer& buffer) {
  return {std::move(name),
          element_type(buffer.dtype),
          buffer.shape,
          {static_cast<std::byte*>(buffer.data), buffer.bytes()}};
}

std::vector<Slot> parameter_slots(Params& params) {
  std::vector<Slot> slots;
  for (Parameter& parameter : params) {
    if (is_training_state(parameter.name())) {
      throw Error(Code::usage,
                  {"parameter `" + parameter.name() + "`", "the name cannot be stored in a checkpoint", "",
                   "a name that does not begin with `optimizer/`, `clock/` or `number/`", ""});
    }
    slots.push_back(slot_of(parameter.name(), parameter.value_buffer()));
  }
  return slots;
}

[[noreturn]] void not_bound() {
  throw Error(Code::usage, {"checkpoint", "the optimizer is bound to other parameters", "",
                            "the Params that it was made with, unchanged since", ""});
}

std::vector<Slot> training_slots(Params& params, Optimizer& optimizer) {
  std::vector<Slot> slots = parameter_slots(params);
  for (const StateTensor& state : optimizer.state()) {
    if (params.find(state.parameter->name()) != state.parameter) not_bound();
    slots.push_back(slot_of(std::string(kStatePrefix) + state.name, state.buffer));
  }
  const std::span<std::uint64_t> clocks = optimizer.clocks();
  if (clocks.size() != params.size()) not_bound();
  for (std::size_t i = 0; i < clocks.size(); ++i) {
    const std::span<std::byte> bytes = std::as_writable_bytes(clocks.subspan(i, 1));
    slots.push_back({std::string(kClockPrefix) + params[i].name(), ElementType::u64, {}, bytes});
  }
  for (const StateNumber& number : optimizer.numbers()) {
    const std::span<std::byte> bytes = std::as_writable_bytes(std::span(number.value, 1));
    slots.push_back({std::string(kNumberPrefix) + number.name, ElementType::f64, {}, bytes});
  }
  return slots;
}

std::string describe(ElementType type, const Shape& shape) {
  return std::string(element_name(type)) + " " + print_shape(shape);
}

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what, const std::string& got,
                       const std::string& want, const std::string& hint) {
  throw Error(Code::data, {path.string(), what, got, want, hint});
}

// The text of a key that every checkpoint has.
const std::string& text_of(const std::filesystem::path& path, const Metadata& metadata,
                           const std::string& key) {
  const auto found = metadata.find(key);
  if (found == metadata.end())
    fail(path, "the metadata has no `" + key + "`", "", "a checkpoint of Thalweg", "");
  return found->second;
}

// Of "thalweg-checkpoint-2": whether it is of a later version than this one.
bool is_later(std::string_view format) {
  if (!format.starts_with(kFormatName)) return false;
  const std::string_view number = format.substr(kFormatName.size());
  const bool digits = !number.empty() && number.find_first_not_of("0123456789") == number.npos;
  return digits && number[0] != '0' && number != kFormat.substr(kFormatName.size());
}

void check_format(const std::filesystem::path& path, const Safetensors& file) {
  const auto found = file.metadata().find("format");
  const std::string format = found == file.metadata().end() ? "" : found->second;
  if (is_later(format)) {
    fail(path, "the checkpoint is too new", format, std::string(kFormat), "load it with a newer Thalweg");
  }
  if (format != kFormat) {
    fail(path, "not a checkpoint of Thalweg",
         format.empty() ? "no `format` in the metadata" : "format `" + format + "`", std::string(kFormat),
         "");
  }
  if (!file.verified()) fail(path, "the checkpoint has no checksum", "", "a checksum", "the file is damaged");
}

std::uint64_t read_count(const std::filesystem::path& path, const Metadata& metadata,
                         const std::string& key) {
  const std::string& text = text_of(path, metadata, key);
  const std::optional<std::uint64_t> number = read_exactly<std::uint64_t>(text);
  if (!number) fail(path, "`" + key + "` is not a number", "`" + text + "`", "a whole number below 2^64", "");
  return *number;
}

void check_chain(const std::filesystem::path& path, const Metadata& metadata, const Chain& chain,
                 const std::string& also_chain) {
  const std::string& saved = text_of(path, metadata, "chain");
  const std::string bound = chain.text(true);
  if (saved != bound && (also_chain.empty() || saved != also_chain)) {
    throw OtherCheckpoint(Code::data,
                          {path.string(), "the checkpoint belongs to another chain", saved, bound,
                           "build the optimizer with the saved chain, or load the parameters alone"});
  }
}

// How a slot differs from what the file has under its name; empty: not at all.
std::string difference(const Slot& slot, const StoredTensors& tensors) {
  const auto found = tensors.find(slot.name);
  if (found == tensors.end()) return "no `" + slot.name + "`";
  const StoredTensor& tensor = found->second;
  if (tensor.type == slot.type && tensor.shape == slot.shape) return "";
  return "`" + slot.name + "` of " + describe(tensor.type, tensor.shape) + " instead of " +
         describe(slot.type, slot.shape);
}

// Throws unless the file has exactly the slots; `pass_over` says which further tensors it may have.
void check_tensors(const std::filesystem::path& path, const std::vector<Slot>& slots,
                   const StoredTensors& tensors, bool (*pass_over)(std::string_view name)) {
  std::string differences;
  const auto add = [&](const std::string& one) {
    if (!one.empty()) differences += (differences.empty() ? "" : ", ") + one;
  };
  std::set<std::string_view> known;
  for (const Slot& slot : slots) {
    known.insert(slot.name);
    add(difference(slot, tensors));
  }
  for (const auto& [name, tensor] : tensors) {
    if (!known.contains(name) && !pass_over(name))
      add("an extra `" + name + "` of " + describe(tensor.type, tensor.shape));
  }
  if (!differences.empty()) {
    throw OtherCheckpoint(Code::data, {path.string(), "the checkpoint belongs to another model", differences,
                                       "the tensors of this model and optimizer",
                                       "build the model as it was when the file was saved"});
  }
}

// Cannot fail: check_tensors() has passed.
void copy(const StoredTensors& tensors, const std::vector<Slot>& slots) {
  for (const Slot& slot : slots) {
    std::ranges::copy(tensors.find(slot.name)->second.bytes, slot.bytes.begin());
  }
}

void save(const std::filesystem::path& path, const std::vector<Slot>& slots, std::uint64_t updates,
          Metadata& metadata) {
  StoredTensors tensors;
  for (const Slot& slot : slots) {
    tensors.emplace(slot.name, StoredTensor{slot.type, slot.shape, slot.bytes});
  }
  metadata["format"] = kFormat;
  metadata["updates"] = std::to_string(updates);
  write_safetensors(path, tensors, metadata);
}

}  // namespace

void save_checkpoint(const std::filesystem::path& path, Params& params, Optimizer& optimizer,
                     Metadata metadata) {
  metadata["chain"] = optimizer.chain().text(true);
  metadata["gradients"] = std::to_string(optimizer.gradients());
  metadata.erase("skips");  // of the checkpoint that `metadata` may be from
  if (optimizer.skips() > 0) metadata["skips"] = std::to_string(optimizer.skips());
  save(path, training_slots(params, optimizer), optimizer.updates(), metadata);
}

void save_parameters(const std::filesystem::path& path, Params& params, std::uint64_t updates,
                     Metadata metadata) {
  for (const char* key : {"chain", "gradients", "skips"}) metadata.erase(key);
  save(path, parameter_slots(params), updates, metadata);
}

Metadata load_checkpoint(const std::filesystem::path& path, Params& params, Optimizer& optimizer,
                         const std::string& also_chain) {
  const std::vector<Slot> slots = training_slots(params, optimizer);
  const Safetensors file(path);
  check_format(path, file);
  Metadata metadata = file.metadata();
  check_chain(path, metadata, optimizer.chain(), also_chain);
  const std::uint64_t updates = read_count(path, metadata, "updates");
  const std::uint64_t gradients =
      metadata.contains("gradients") ? read_count(path, metadata, "gradients") : updates;
  const std::uint64_t skips = metadata.contains("skips") ? read_count(path, metadata, "skips") : 0;
  check_tensors(path, slots, file.tensors(), [](std::string_view) { return false; });
  copy(file.tensors(), slots);
  optimizer.set_updates(updates);
  optimizer.set_gradients(gradients);
  optimizer.set_skips(skips);
  return metadata;
}

Metadata load_parameters(const std::filesystem::path& path, Params& params) {
  const std::vector<Slot> slots = parameter_slots(params);
  const Safetensors file(path);
  check_format(path, file);
  Metadata metadata = file.metadata();
  check_tensors(path, slots, file.tensors(), is_training_state);
  copy(file.tensors(), slots);
  return metadata;
}

Metadata read_metadata(const std::filesystem::path& path) {
  const Safetensors file(path);
  check_format(path, file);
  return file.metadata();
}

}  // namespace thalweg
