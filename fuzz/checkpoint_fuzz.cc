// Bytes as a safetensors file, and what it holds, under a checksum of its own, as a checkpoint.
#include <cstring>

#include "safetensors/safetensors.h"
#include "target.h"
#include "thalweg/checkpoint.h"

namespace thalweg::fuzz {
namespace {

struct Model {
  Model() : optimizer(filled(params), Chain("momentum(0.9) | lr(0.1)")) {}

  static Params& filled(Params& params) {
    params.add("w", {2}, Role::weight);
    params.add("b", {}, Role::bias, Dtype::f64);
    return params;
  }

  std::string contents() {
    std::string out = std::to_string(optimizer.updates());
    const auto add = [&](const void* data, std::size_t bytes) {
      out.append(static_cast<const char*>(data), bytes);
    };
    add(params[0].value<float>().data(), 8);
    add(params[1].value<double>().data(), 8);
    for (const StateTensor& state : optimizer.state()) add(state.buffer.data, 8);
    for (const std::uint64_t clock : optimizer.clocks()) add(&clock, 8);
    return out;
  }

  Params params;
  Optimizer optimizer;
};

bool same(const StoredTensors& a, const StoredTensors& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.type == y.second.type && x.second.shape == y.second.shape &&
           std::ranges::equal(x.second.bytes, y.second.bytes);
  });
}

// All or nothing, and what was loaded can be saved and loaded again.
void load(const std::filesystem::path& path) {
  Model model;
  const std::string before = model.contents();
  std::string message;
  const auto metadata = attempt(
      Code::data, message, [&] { return load_checkpoint(path, model.params, model.optimizer).metadata; });
  if (!metadata) return require(model.contents() == before, "a failed load changed the model", message);
  const std::string loaded = model.contents();
  save_checkpoint(path, model.params, model.optimizer, {.metadata = *metadata});
  Model again;
  require(load_checkpoint(path, again.params, again.optimizer).metadata == *metadata, "the metadata changed",
          path.string());
  require(again.contents() == loaded, "a checkpoint loads otherwise", path.string());
}

void check(std::span<const std::byte> bytes) {
  static const Folder folder;
  const std::vector<std::byte> copy(bytes.begin(), bytes.end());
  std::string first, second;
  const auto read = [&] { return Safetensors("input", copy).tensors().size(); };
  const auto tensors = attempt(Code::data, first, read);
  require(attempt(Code::data, second, read) == tensors && first == second, "another end at the second time",
          first);
  if (!tensors) return;
  const Safetensors file("input", copy);
  std::size_t total = 0;
  for (const auto& [name, tensor] : file.tensors()) total += tensor.bytes.size();
  require(total <= bytes.size(), "more elements than bytes");
  const std::filesystem::path path = folder / "again";
  write_safetensors(path, file.tensors(), file.metadata());
  const Safetensors again(path);
  require(again.verified(), "written without a checksum");
  require(same(again.tensors(), file.tensors()), "tensors read otherwise");
  load(path);
}

}  // namespace
}  // namespace thalweg::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  thalweg::fuzz::check(std::as_bytes(std::span(data, size)));
  return 0;
}
