#include "nn/module.h"

#include <algorithm>
#include <map>
#include <string>

#include "base/registry.h"
#include "base/text.h"
#include "thalweg/error.h"

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

std::size_t find_layer(const Item& item, const Source& source, const std::string& also = {}) {
  return find_spec(kSpecs, item, source, "a layer", "`thalweg list layers`", also);
}

// A layer at its place in a model.
struct Placed {
  const Layer* layer;
  Settings settings;
  std::vector<Weight> weights;
  std::vector<Parameter*> parameters;  // one a weight
};

void check_sample(const Shape& shape) {
  count(shape);
  const bool usable =
      !shape.empty() && std::all_of(shape.begin(), shape.end(), [](auto size) { return size > 0; });
  if (usable) return;
  throw Error(Code::usage, {"model", "the shape of a sample is not usable", print_shape(shape),
                            "one dimension or more, none of them 0", ""});
}

// "auto" becomes he or glorot, by what follows.
void resolve_inits(std::vector<Placed>& layers) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const bool rectified = i + 1 < layers.size() && layers[i + 1].layer->rectifies;
    for (Weight& weight : layers[i].weights) {
      if (weight.init.rule != InitRule::automatic) continue;
      weight.init.rule = rectified ? InitRule::he : InitRule::glorot;
    }
  }
}

}  // namespace

std::span<const Spec* const> layer_specs() { return kSpecs; }

struct Module::Impl {
  Shape inputs;
  Shape outputs;
  Dtype dtype;
  std::vector<Placed> layers;
  Params params;

  Impl(std::string_view text, Shape inputs, Dtype dtype);
  void add_parameters();
};

Module::Impl::Impl(std::string_view model, Shape sample, Dtype type)
    : inputs(std::move(sample)), outputs(inputs), dtype(type) {
  check_sample(inputs);
  const Source source{"model", std::string(model)};
  const auto check = [&](const Item& item, const std::string& also) { find_layer(item, source, also); };
  for (const Item& item : parse(source, check)) {
    const Layer* layer = kLayers[find_layer(item, source)];
    Placed placed{layer, bind(layer->spec, item, source), {}, {}};
    outputs = placed.layer->plan(placed.settings, outputs, placed.weights);
    layers.push_back(std::move(placed));
  }
  resolve_inits(layers);
  add_parameters();
}

void Module::Impl::add_parameters() {
  std::map<const Layer*, int> numbers;
  for (Placed& placed : layers) {
    const std::string prefix =
        std::string(placed.layer->spec.name) + std::to_string(++numbers[placed.layer]) + ".";
    for (const Weight& weight : placed.weights) {
      placed.parameters.push_back(
          &params.add(prefix + std::string(weight.name), weight.shape, weight.role, dtype));
    }
  }
}

Module::Module(std::string_view text, Shape inputs, Dtype dtype)
    : impl_(std::make_unique<Impl>(text, std::move(inputs), dtype)) {}
Module::~Module() = default;
Module::Module(Module&&) noexcept = default;
Module& Module::operator=(Module&&) noexcept = default;

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

void Module::initialise(std::uint64_t seed) {
  std::uint64_t number = 0;
  for (Placed& placed : impl_->layers) {
    for (std::size_t i = 0; i < placed.weights.size(); ++i) {
      thalweg::initialise(*placed.parameters[i], placed.weights[i].init, seed, number++);
    }
  }
}

Tensor Module::record(Tape& tape, Tensor x) {
  const Shape& shape = tape.shape(x);
  if (shape.size() != inputs().size() + 1 ||
      !std::equal(inputs().begin(), inputs().end(), shape.begin() + 1)) {
    throw Error(Code::usage, {"model", "the input does not fit", print_shape(shape),
                              "rows of " + print_shape(inputs()), ""});
  }
  std::vector<Tensor> weights;
  for (const Placed& placed : impl_->layers) {
    weights.clear();
    for (Parameter* parameter : placed.parameters) weights.push_back(tape.parameter(*parameter));
    x = placed.layer->record(tape, x, placed.settings, weights);
  }
  return x;
}

}  // namespace thalweg
