// The numbers of fields are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3.
#include "export/onnx.h"

#include <cstdint>

#include "export/protobuf.h"
#include "thalweg/error.h"
#include "thalweg/version.h"

namespace thalweg {
namespace {

constexpr std::int64_t kIrVersion = 8, kOpset = 17, kMlOpset = 3;

enum AttributeType : std::int64_t { kFloat = 1, kInt = 2, kInts = 7, kStrings = 8 };

Protobuf attribute_message(const GraphAttribute& attribute) {
  Protobuf out;
  out.text(1, attribute.name);
  if (const auto* i = std::get_if<std::int64_t>(&attribute.value)) return out.number(3, *i).number(20, kInt);
  if (const auto* f = std::get_if<double>(&attribute.value))
    return out.real(2, static_cast<float>(*f)).number(20, kFloat);
  if (const auto* ints = std::get_if<std::vector<std::int64_t>>(&attribute.value)) {
    for (const std::int64_t i : *ints) out.number(8, i);
    return out.number(20, kInts);
  }
  for (const std::string& s : std::get<std::vector<std::string>>(attribute.value)) out.text(9, s);
  return out.number(20, kStrings);
}

Protobuf node_message(const GraphNode& node) {
  Protobuf out;
  for (const std::string& input : node.inputs) out.text(1, input);
  out.text(2, node.output).text(3, node.output).text(4, node.op);
  for (const GraphAttribute& attribute : node.attributes) out.message(5, attribute_message(attribute));
  if (!node.domain.empty()) out.text(7, node.domain);
  return out;
}

Protobuf tensor_message(const GraphConstant& constant) {
  Protobuf out;
  for (const std::int64_t size : constant.shape) out.number(1, size);
  return out.number(2, static_cast<std::int64_t>(constant.type))
      .text(8, constant.name)
      .text(9, constant.bytes);
}

Protobuf value_message(const GraphValue& value) {
  Protobuf shape, tensor, type, out;
  shape.message(1, Protobuf().text(2, "rows"));
  for (const std::int64_t size : value.sample) shape.message(1, Protobuf().number(1, size));
  tensor.number(1, static_cast<std::int64_t>(value.type)).message(2, shape);
  return out.text(1, value.name).message(2, type.message(1, tensor));
}

Protobuf opset(const std::string& domain, std::int64_t version) {
  return Protobuf().text(1, domain).number(2, version);
}

}  // namespace

std::string onnx_bytes(const Graph& graph, const std::map<std::string, std::string>& metadata) {
  std::uint64_t bytes = 0;
  for (const GraphConstant& constant : graph.constants) bytes += constant.bytes.size();
  constexpr std::uint64_t kMost = std::uint64_t{2'000} << 20;
  if (bytes > kMost)
    throw Error(Code::usage,
                {"export", "the weights are too large for ONNX", std::to_string(bytes) + " bytes",
                 "at most " + std::to_string(kMost), "export them as safetensors"});
  Protobuf out, all;
  bool ml = false;
  for (const GraphNode& node : graph.nodes) {
    all.message(1, node_message(node));
    ml = ml || !node.domain.empty();
  }
  all.text(2, "model");
  for (const GraphConstant& constant : graph.constants) all.message(5, tensor_message(constant));
  for (const GraphValue& value : graph.inputs) all.message(11, value_message(value));
  for (const GraphValue& value : graph.outputs) all.message(12, value_message(value));
  out.number(1, kIrVersion)
      .text(2, "thalweg")
      .text(3, version())
      .message(7, all)
      .message(8, opset("", kOpset));
  if (ml) out.message(8, opset("ai.onnx.ml", kMlOpset));
  for (const auto& [key, value] : metadata) out.message(14, Protobuf().text(1, key).text(2, value));
  return out.bytes();
}

}  // namespace thalweg
