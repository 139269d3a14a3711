#include "thalweg/export.h"

#include <map>

#include "base/file.h"
#include "base/json.h"
#include "export/door.h"
#include "export/onnx.h"
#include "run/config.h"
#include "run/folder.h"
#include "run/weights/load_weights.h"
#include "safetensors/safetensors.h"
#include "thalweg/error.h"
#include "thalweg/loss.h"
#include "thalweg/run.h"
#include "thalweg/trainer.h"
#include "thalweg/version.h"

namespace thalweg {
namespace {

// With the layouts and, where torch has one, the name of each parameter in torch.
std::string safetensors_of(const Module& model, const std::map<std::string, std::string>& metadata) {
  std::map<std::string, OrderedWeight> ordered;
  for (const Parameter& parameter : model.params()) {
    std::string name = parameter.name();
    constexpr std::string_view kOurs = ".running_variance";
    if (name.ends_with(kOurs)) name.replace(name.size() - kOurs.size(), kOurs.size(), ".running_var");
    ordered.emplace(std::move(name), torch_order(parameter));
  }
  StoredTensors tensors;
  for (const auto& [name, weight] : ordered)
    tensors.emplace(name,
                    StoredTensor{ElementType::f32, weight.shape, std::as_bytes(std::span(weight.values))});
  const std::vector<std::byte> bytes = safetensors_bytes(tensors, metadata);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string onnx_of(const Module& model, const Dataset& data, const Outputs& outputs, Dtype dtype,
                    const std::map<std::string, std::string>& metadata) {
  const GraphType type = dtype == Dtype::f64 ? GraphType::f64 : GraphType::f32;
  Graph graph;
  std::string x = add_inputs(graph, data, type);
  const Shape& door = data.image.empty() ? data.sample : data.image;
  if (door != model.inputs()) x = graph.reshape(x, model.inputs());
  std::string y = model.describe(graph, x);
  if (model.outputs().size() != 1) y = graph.add("Flatten", {y});
  add_outputs(graph, y, data, outputs, type);
  return onnx_bytes(graph, metadata);
}

}  // namespace

ExportedRun export_run(const std::filesystem::path& directory, ExportFormat format,
                       const ExportOptions& options) {
  if (options.dtype != Dtype::f32 && options.dtype != Dtype::f64)
    throw Error(Code::usage, {"export", "the type of numbers is none of a graph", "", "f32 or f64", ""});
  check_run(directory);
  const RunConfig config = read_config(directory / "config.toml");
  const Dataset data = load_all(config.data, read_text_file(directory / "encoding.json"));
  ExportedRun out;
  Module model(config.model, inputs_of(data, config.model));
  out.weights = which_weights(directory, options.checkpoint, config);
  const LoadedWeights weights = load_weights(directory, out.weights, model, out.notes, {});
  out.updates = weights.updates();
  out.epoch = weights.epoch();
  const Outputs outputs = outputs_of(data, model, Loss(config.loss));
  const std::map<std::string, std::string> metadata = {
      {"producer", "thalweg " + std::string(version())},
      {"model", model.text(true)},
      {"loss", config.loss},
      {"weights", weights_text(out.weights, out.epoch, out.updates)},
      {"encoding", data.encoding},
      {"inputs", json_value(data.image.empty() ? data.sample : data.image)},
      {"features", json_value(data.feature_names)},
      {"outputs", json_value(outputs.names)}};
  out.bytes = format == ExportFormat::onnx ? onnx_of(model, data, outputs, options.dtype, metadata)
                                           : safetensors_of(model, metadata);
  return out;
}

}  // namespace thalweg
