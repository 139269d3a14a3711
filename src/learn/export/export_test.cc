// Files are read back by a reader of their own; what the graphs compute is tried by onnxruntime in
// tests/python/test_export.py.
#include "thalweg/export.h"

#include <cmath>
#include <set>

#include "export/onnx.h"
#include "export/protobuf.h"
#include "nn/module.h"
#include "run/test_run.h"
#include "safetensors/safetensors.h"
#include "thalweg/checkpoint.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

// The fields of a message: varints as numbers, all else as bytes.
struct Fields {
  std::multimap<std::uint64_t, std::int64_t> numbers;
  std::multimap<std::uint64_t, std::string> texts;

  explicit Fields(std::string_view bytes) {
    const auto varint = [&] {
      std::uint64_t value = 0;
      for (int shift = 0;; shift += 7) {
        const auto byte = static_cast<unsigned char>(bytes.at(0));
        bytes.remove_prefix(1);
        value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
      }
    };
    while (!bytes.empty()) {
      const std::uint64_t key = varint();
      if (key % 8 == 0) {
        numbers.emplace(key / 8, static_cast<std::int64_t>(varint()));
        continue;
      }
      const std::size_t size = key % 8 == 2 ? varint() : 4;
      texts.emplace(key / 8, bytes.substr(0, size));
      bytes.remove_prefix(size);
    }
  }

  std::vector<std::string> all(std::uint64_t field) const {
    std::vector<std::string> out;
    for (auto [at, end] = texts.equal_range(field); at != end; ++at) out.push_back(at->second);
    return out;
  }
  std::vector<std::int64_t> all_numbers(std::uint64_t field) const {
    std::vector<std::int64_t> out;
    for (auto [at, end] = numbers.equal_range(field); at != end; ++at) out.push_back(at->second);
    return out;
  }
  std::string text(std::uint64_t field) const { return all(field).at(0); }
  std::int64_t number(std::uint64_t field) const { return numbers.find(field)->second; }
  Fields message(std::uint64_t field) const { return Fields(text(field)); }
};

// "x f32 rows 1 8 8"
std::string print_value(const Fields& value) {
  const Fields tensor = value.message(2).message(1);
  std::string out = value.text(1) + " " + std::to_string(tensor.number(1));
  for (const std::string& dim : tensor.message(2).all(1)) {
    const Fields fields(dim);
    out += " " + (fields.texts.empty() ? std::to_string(fields.number(1)) : fields.text(2));
  }
  return out;
}

// That every value is made before it is used, once, and that constants are as long as their shapes say.
void expect_sound(const Fields& graph) {
  std::set<std::string> made;
  for (const std::string& input : graph.all(11)) EXPECT_TRUE(made.insert(Fields(input).text(1)).second);
  for (const std::string& bytes : graph.all(5)) {
    const Fields constant(bytes);
    EXPECT_TRUE(made.insert(constant.text(8)).second) << constant.text(8);
    std::size_t size = constant.number(2) == 1 ? 4 : 8;
    for (const std::int64_t dim : constant.all_numbers(1)) size *= static_cast<std::size_t>(dim);
    EXPECT_EQ(constant.text(9).size(), size) << constant.text(8);
  }
  for (const std::string& bytes : graph.all(1)) {
    const Fields node(bytes);
    for (const std::string& input : node.all(1)) EXPECT_TRUE(made.contains(input)) << input;
    EXPECT_TRUE(made.insert(node.text(2)).second) << node.text(2);
  }
  for (const std::string& output : graph.all(12)) EXPECT_TRUE(made.contains(Fields(output).text(1)));
}

TEST(Protobuf, WritesWhatTheGuideShows) {
  // https://protobuf.dev/programming-guides/encoding: 150, "testing", and a message of the former
  EXPECT_EQ(Protobuf().number(1, 150).bytes(), "\x08\x96\x01");
  EXPECT_EQ(Protobuf().text(2, "testing").bytes(), "\x12\x07testing");
  EXPECT_EQ(Protobuf().message(3, Protobuf().number(1, 150)).bytes(), "\x1a\x03\x08\x96\x01");
  EXPECT_EQ(Protobuf().number(1, -2).bytes(), "\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  EXPECT_EQ(Protobuf().real(2, 1.5f).bytes(), std::string("\x15\x00\x00\xc0\x3f", 5));
}

// Whoever adds a layer says what it is in a graph.
TEST(Graph, EveryLayerHasAForm) {
  const std::map<std::string_view, std::string> texts = {{"dense", "dense(3)"},
                                                         {"group_norm", "group_norm(2)"},
                                                         {"conv2d", "conv2d(4, 2)"},
                                                         {"conv1d", "conv1d(4, 2)"},
                                                         {"depthwise_conv2d", "depthwise_conv2d(2)"},
                                                         {"max_pool", "max_pool(2)"},
                                                         {"max_pool1d", "max_pool1d(2)"},
                                                         {"avg_pool", "avg_pool(2)"},
                                                         {"avg_pool1d", "avg_pool1d(2)"},
                                                         {"reshape", "reshape([6, 4])"},
                                                         {"residual", "residual(relu)"},
                                                         {"repeat", "repeat(2, tanh)"}};
  for (const Spec* spec : layer_specs()) {
    const auto found = texts.find(spec->name);
    const std::string text = found != texts.end() ? found->second : std::string(spec->name);
    const Module model(text, text.find("1d") != std::string::npos ? Shape{2, 12} : Shape{2, 3, 4});
    Graph graph;
    graph.inputs.push_back({"x", GraphType::f32, model.inputs()});
    graph.outputs.push_back({model.describe(graph, "x"), GraphType::f32, model.outputs()});
    expect_sound(Fields(onnx_bytes(graph, {})).message(7));
  }
}

class Export : public RunTest {
 protected:
  void train(const std::string& data, const std::string& model) {
    RunConfig config = small();
    config.data = data;
    config.model = model;
    Training run = Training::create(config, path());
    advance(run, UINT64_MAX);
    run.finish();
  }
  Fields onnx(const ExportOptions& options = {}) {
    return Fields(export_run(path(), ExportFormat::onnx, options).bytes);
  }
};

TEST_F(Export, ImagesAreImagesWhateverTheModelTakes) {
  train("digits", "dense(16) | relu | dense(10)");
  const Fields model = onnx();
  EXPECT_EQ(model.number(1), 8);
  EXPECT_EQ(model.message(8).number(2), 17);
  const Fields graph = model.message(7);
  expect_sound(graph);
  EXPECT_EQ(print_value(graph.message(11)), "x 1 rows 1 8 8");
  EXPECT_EQ(print_value(Fields(graph.all(12)[0])), "probabilities 1 rows 10");
  EXPECT_EQ(print_value(Fields(graph.all(12)[1])), "class 7 rows");
  std::vector<std::string> ops;
  for (const std::string& node : graph.all(1)) ops.push_back(Fields(node).text(4));
  EXPECT_EQ(ops, (std::vector<std::string>{"Cast", "Sub", "Mul", "Cast", "Reshape", "MatMul", "Add", "Relu",
                                           "MatMul", "Add", "Cast", "ArgMax", "Softmax", "Cast", "Cast"}));
  std::map<std::string, std::string> metadata;
  for (const std::string& entry : model.all(14)) metadata[Fields(entry).text(1)] = Fields(entry).text(2);
  EXPECT_EQ(metadata["outputs"], R"(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"])");
  EXPECT_TRUE(has(metadata["encoding"], "0.0625")) << metadata["encoding"];
  EXPECT_EQ(metadata["weights"], "the last weights, epoch 2 (update 46)");
}

TEST_F(Export, TablesTakeNumbersAndWords) {
  std::string rows = "size,town,x,price\n";
  const char* const towns[] = {"Ulm", "Bonn", "Kiel"};
  for (int i = 0; i < 60; ++i)
    rows += std::to_string(i) + "," + (i == 7 ? "Hof" : towns[i % 3]) + "," + std::to_string(i * i) + "," +
            std::to_string(1000 * i) + ".5\n";
  replace_file(path("table.csv"), rows);
  train("csv(" + path("table.csv").string() + ")", "dense(1)");
  const Fields graph = onnx({.checkpoint = {}, .dtype = Dtype::f64}).message(7);
  expect_sound(graph);
  EXPECT_EQ(print_value(Fields(graph.all(11)[0])), "x 11 rows 2");
  EXPECT_EQ(print_value(Fields(graph.all(11)[1])), "town 8 rows");
  EXPECT_EQ(print_value(graph.message(12)), "values 11 rows 1");
}

TEST_F(Export, SafetensorsAreInTorchsOrder) {
  train("digits", "conv2d(4, [3, 2], groups=1) | batch_norm | relu | flatten | dense(10)");
  const std::string bytes = export_run(path(), ExportFormat::safetensors).bytes;
  const auto* data = reinterpret_cast<const std::byte*>(bytes.data());
  const Safetensors file("export", {data, data + bytes.size()});
  EXPECT_TRUE(has(file.metadata().at("model"), "conv2d("));
  std::map<std::string, Shape> shapes;
  for (const auto& [name, tensor] : file.tensors()) shapes[name] = tensor.shape;
  EXPECT_EQ(shapes, (std::map<std::string, Shape>{{"conv2d1.weight", {4, 1, 3, 2}},
                                                  {"conv2d1.bias", {4}},
                                                  {"batch_norm1.weight", {4}},
                                                  {"batch_norm1.bias", {4}},
                                                  {"batch_norm1.running_mean", {4}},
                                                  {"batch_norm1.running_var", {4}},
                                                  {"dense1.weight", {10, 168}},
                                                  {"dense1.bias", {10}}}));
  Module model("conv2d(4, [3, 2]) | batch_norm | relu | flatten | dense(10)", {1, 8, 8});
  load_parameters(checkpoint(46), model.params());
  const auto ours = model.params().find("conv2d1.weight")->value<float>();  // {3, 2, 1, 4}
  const StoredTensor& theirs = file.tensors().at("conv2d1.weight");
  for (std::size_t k = 0; k < 4; ++k) {
    for (std::size_t u = 0; u < 6; ++u) {
      float weight = 0;
      std::memcpy(&weight, theirs.bytes.data() + (k * 6 + u) * sizeof(float), sizeof(float));
      EXPECT_EQ(weight, ours[u * 4 + k]);
    }
  }
}

TEST_F(Export, SaysWhatItCannot) {
  fs::create_directories(path("empty"));
  EXPECT_THROW(export_run(path("empty"), ExportFormat::onnx), Error);
  train("digits", "dense(10)");
  EXPECT_THROW(export_run(path(), ExportFormat::onnx, {.checkpoint = "7"}), Error);
  EXPECT_THROW(export_run(path(), ExportFormat::onnx, {.checkpoint = {}, .dtype = Dtype::u8}), Error);
}

}  // namespace
}  // namespace thalweg
