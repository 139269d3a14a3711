#include "nn/module.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "base/registry.h"
#include "base/text.h"
#include "nn/custom_layer.h"
#include "thalweg/error.h"
#include "thalweg/images.h"

namespace thalweg {

struct LayerRegistry {
  static constexpr int kFirst = __COUNTER__ + 1;
};
#define THALWEG_LAYER(name) THALWEG_OBJECT(LayerRegistry, Layer, name)
#include "nn/ops.inc"

namespace {

using Listed = registry::Entries<LayerRegistry, __COUNTER__>;
constexpr auto kLayers = Listed::each([]<class Entry>() { return &Entry::kObject; });
constexpr auto kSpecs = Listed::each([]<class Entry>() { return &Entry::kObject.spec; });

const Layer& find_layer(const Item& item, const Source& source, const std::string& also = {}) {
  std::vector<const Spec*> specs(kSpecs.begin(), kSpecs.end());
  for (const Spec* spec : custom_layer_specs()) specs.push_back(spec);
  const std::size_t i = find_spec(specs, item, source, "a layer, listed or registered by the program",
                                  "`thalweg list layers`", also);
  return i < kLayers.size() ? *kLayers[i] : *find_custom_layer(item.name);
}

struct Placed;
using Sequence = std::vector<Placed>;

// A layer at its place in a model.
struct Placed {
  const Layer* layer;
  Settings settings;
  std::vector<Weight> weights;
  std::vector<Parameter*> parameters;  // one a weight
  std::vector<Sequence> blocks;        // one an option of that type; of a layer that repeats, one each time
  Shape output = {};                   // of one sample
};

void check_sample(const Shape& shape) {
  count(shape);
  const bool usable =
      !shape.empty() && std::all_of(shape.begin(), shape.end(), [](auto size) { return size > 0; });
  if (usable) return;
  throw Error(Code::usage, {"model", "the shape of a sample is not usable", print_shape(shape),
                            "one dimension or more, none of them 0", ""});
}

// A model that is being read.
class Builder {
 public:
  explicit Builder(const Source& source) : source_(source) {}
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  // The layers of a text, and in `shape`, which is that of a sample, what they make of it.
  Sequence sequence(const Text& text, Shape& shape) {
    Sequence out;
    for (const Item& item : text) out.push_back(placed(item, shape));
    return out;
  }

 private:
  Placed placed(const Item& item, Shape& shape) {
    if (++layers_ > kMostLayers)
      throw source_.error(
          item.at, {"", "the model has too many layers", "", "at most " + std::to_string(kMostLayers), ""});
    const Layer* layer = &find_layer(item, source_);
    Placed placed{layer, bind(layer->spec, item, source_), {}, {}, {}, {}};
    if (layer->repeats) {
      const auto times = static_cast<std::size_t>(std::get<double>(placed.settings[0]));
      for (std::size_t i = 0; i < times; ++i) placed.blocks.push_back(block(placed.settings[1], shape));
    } else if (layer->join != nullptr) {
      std::vector<Shape> shapes;
      for (const Setting& setting : placed.settings) {
        shapes.push_back(shape);
        placed.blocks.push_back(block(setting, shapes.back()));
      }
      shape = layer->join_shapes(shape, shapes);
    } else {
      shape = plan_layer(*layer, placed.settings, shape, placed.weights);
    }
    placed.output = shape;
    return placed;
  }

  Sequence block(const Setting& setting, Shape& shape) {
    return given(setting) ? sequence(std::get<Value>(setting).text, shape) : Sequence();
  }

  static constexpr std::size_t kMostLayers = 10'000;

  const Source& source_;
  std::size_t layers_ = 0;
};

// Calls f for every layer that is not made of others, in the order in which they run.
template <class F>
void for_each_layer(Sequence& layers, const F& f) {
  for (Placed& placed : layers) {
    for (Sequence& block : placed.blocks) for_each_layer(block, f);
    if (placed.blocks.empty()) f(placed);
  }
}

Tensor record_layers(const Sequence& layers, Tape& tape, Tensor x);

Tensor record_blocks(const Placed& placed, Tape& tape, Tensor x) {
  std::vector<Tensor> outputs;
  Tensor last = x;
  for (const Sequence& block : placed.blocks) {
    last = record_layers(block, tape, placed.layer->repeats ? last : x);
    outputs.push_back(last);
  }
  return placed.layer->repeats ? last : placed.layer->join(tape, x, outputs);
}

Tensor record_layers(const Sequence& layers, Tape& tape, Tensor x) {
  std::vector<Tensor> weights;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Placed& placed = layers[i];
    if (!placed.blocks.empty()) {
      x = record_blocks(placed, tape, x);
      continue;
    }
    weights.clear();
    for (Parameter* parameter : placed.parameters) weights.push_back(tape.parameter(*parameter));
    const Layer& layer = *placed.layer;
    const bool fused =
        layer.record_rectified != nullptr && i + 1 < layers.size() && layers[i + 1].layer == &relu_layer;
    x = fused ? layer.record_rectified(tape, x, placed.settings, weights)
              : record_layer(layer, tape, x, placed.settings, weights);
    i += fused;
  }
  return x;
}

std::string describe_layers(const Sequence& layers, Graph& graph, std::string x, Shape input) {
  for (const Placed& placed : layers) {
    std::vector<std::string> outputs;
    std::string last = x;
    Shape sample = input;
    for (const Sequence& block : placed.blocks) {
      last = describe_layers(block, graph, placed.layer->repeats ? last : x, sample);
      outputs.push_back(last);
      if (placed.layer->repeats) sample = placed.output;
    }
    if (!placed.layer->repeats) {
      if (placed.layer->describe == nullptr)
        throw Error(Code::usage, {"model", "a layer has no form in ONNX",
                                  print(Text{unbind(placed.layer->spec, placed.settings)}), "", ""});
      const std::vector<const Parameter*> weights(placed.parameters.begin(), placed.parameters.end());
      last = placed.layer->describe(graph, {x, placed.settings, input, weights, outputs});
    }
    x = std::move(last);
    input = placed.output;
  }
  return x;
}

// Every element of such weights meets each place of the output once.
std::uint64_t multiply_adds(const Weight& weight, const Shape& output) {
  if (weight.role != Role::weight) return 0;
  const std::int64_t outputs = weight.shape.empty() ? 1 : weight.shape.back();
  return count(weight.shape) * (count(output) / static_cast<std::uint64_t>(outputs));
}

// Adds the layers of a sequence to `out`; parameters and multiply-adds of all of them.
LayerSummary summarise(const Sequence& layers, int depth, std::vector<LayerSummary>& out) {
  LayerSummary all;
  for (const Placed& placed : layers) {
    const std::size_t at = out.size();
    out.push_back({print(Text{unbind(placed.layer->spec, placed.settings)}), depth, placed.output});
    LayerSummary sum;
    for (const Weight& weight : placed.weights) {
      if (weight.learned) sum.parameters += count(weight.shape);
      sum.multiply_adds += multiply_adds(weight, placed.output);
    }
    for (const Sequence& block : placed.blocks) {
      const LayerSummary inner = summarise(block, depth + 1, out);
      sum.parameters += inner.parameters;
      sum.multiply_adds += inner.multiply_adds;
    }
    out[at].parameters = sum.parameters;
    out[at].multiply_adds = sum.multiply_adds;
    all.parameters += sum.parameters;
    all.multiply_adds += sum.multiply_adds;
  }
  return all;
}

// Whether the first layer that minds the shape of a sample takes images; empty where none minds.
std::optional<bool> reads_images(const Text& text, const Source& source) {
  for (const Item& item : text) {
    const Layer* layer = &find_layer(item, source);
    if (layer->takes_images) return true;
    if (!layer->repeats && layer->join == nullptr) {
      if (layer->plan != keep_shape && !layer->takes_any) return false;
      continue;
    }
    for (const Setting& setting : bind(layer->spec, item, source)) {
      const Value* block = std::get_if<Value>(&setting);
      if (block == nullptr) continue;
      if (const auto found = reads_images(block->text, source)) return found;
    }
  }
  return {};
}

}  // namespace

std::span<const Spec* const> layer_specs() { return kSpecs; }

struct Module::Impl {
  Shape inputs;
  Shape outputs;
  Dtype dtype;
  Sequence layers;
  Params params;
  std::vector<Parameter*> statistics;

  Impl(std::string_view text, Shape inputs, Dtype dtype);
  void add_parameters();
};

Module::Impl::Impl(std::string_view model, Shape sample, Dtype type)
    : inputs(std::move(sample)), outputs(inputs), dtype(type) {
  check_sample(inputs);
  const Source source{"model", std::string(model)};
  const auto check = [&](const Item& item, const std::string& also) { find_layer(item, source, also); };
  layers = Builder(source).sequence(parse(source, check), outputs);
  add_parameters();
}

void Module::Impl::add_parameters() {
  std::map<const Layer*, int> numbers;
  for_each_layer(layers, [&](Placed& placed) {
    const std::string prefix =
        std::string(placed.layer->spec.name) + std::to_string(++numbers[placed.layer]) + ".";
    for (const Weight& weight : placed.weights) {
      Parameter& added = params.add(prefix + weight.name, weight.shape, weight.role, dtype);
      added.set_frozen(!weight.learned);
      if (!weight.learned) statistics.push_back(&added);
      placed.parameters.push_back(&added);
    }
  });
}

Module::Module(std::string_view text, Shape inputs, Dtype dtype)
    : impl_(std::make_unique<Impl>(text, std::move(inputs), dtype)) {}
Module::~Module() = default;
Module::Module(Module&&) noexcept = default;
Module& Module::operator=(Module&&) noexcept = default;

bool Module::takes_images(std::string_view text) {
  const Source source{"model", std::string(text)};
  return reads_images(parse(source), source).value_or(false);
}

std::string Module::text(bool every) const {
  Text text;
  for (const Placed& placed : impl_->layers) {
    text.push_back(unbind(placed.layer->spec, placed.settings, every));
  }
  return print(text);
}

const Shape& Module::inputs() const { return impl_->inputs; }
const Shape& Module::outputs() const { return impl_->outputs; }
Dtype Module::dtype() const { return impl_->dtype; }
Params& Module::params() { return impl_->params; }
const Params& Module::params() const { return impl_->params; }
std::vector<Parameter*> Module::statistics() { return impl_->statistics; }

std::vector<LayerSummary> Module::summary() const {
  std::vector<LayerSummary> out;
  summarise(impl_->layers, 0, out);
  return out;
}

void Module::initialise(std::uint64_t seed) {
  std::uint64_t number = 0;
  for_each_layer(impl_->layers, [&](Placed& placed) {
    for (std::size_t i = 0; i < placed.weights.size(); ++i) {
      thalweg::initialise(*placed.parameters[i], placed.weights[i].init, seed, number++);
    }
  });
}

Tensor Module::record(Tape& tape, Tensor x) {
  const Shape& shape = tape.shape(x);
  if (shape.size() != inputs().size() + 1 ||
      !std::equal(inputs().begin(), inputs().end(), shape.begin() + 1)) {
    throw Error(Code::usage, {"model", "the input does not fit", print_shape(shape),
                              "rows of " + print_shape(inputs()), ""});
  }
  return row_major(tape, record_layers(impl_->layers, tape, x));
}

std::string Module::describe(Graph& graph, const std::string& x) const {
  return describe_layers(impl_->layers, graph, x, impl_->inputs);
}

}  // namespace thalweg
