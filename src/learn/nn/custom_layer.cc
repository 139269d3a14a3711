#include "nn/custom_layer.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "custom/custom_spec.h"
#include "custom/registered.h"
#include "thalweg/custom_layer.h"
#include "thalweg/error.h"

namespace thalweg {

// A layer with everything that it refers to.
class CustomLayerEntry {
 public:
  explicit CustomLayerEntry(CustomLayer custom)
      : spec_("layer", std::move(custom.card), OptionType::number), custom_(std::move(custom)) {
    if (!custom_.record) throw error("`record` is empty", "", "a function");
    layer_.spec = spec();
    if (custom_.plan) layer_.plan = nullptr;  // it may change the shape
    layer_.takes_images = custom_.takes_images;
    layer_.custom = this;
  }

  const Spec& spec() const { return spec_.spec(); }
  const Layer& layer() const { return layer_; }

  Shape plan(const Settings& settings, const Shape& input, std::vector<Weight>& weights) const {
    if (!custom_.plan) return input;
    std::vector<LayerWeight> asked;
    Shape output = custom_.plan(input, numbers(settings), asked);
    if (output.empty()) throw error("its output has no dimensions", "a scalar", "one dimension or more");
    check_sizes("its output", output);
    for (const LayerWeight& one : asked) weights.push_back(weight_of(one, weights));
    return output;
  }

  Tensor record(Tape& tape, Tensor x, const Settings& settings, std::span<const Tensor> weights) const {
    const Shape input = tape.shape(x);
    std::vector<Weight> unused;
    Shape planned = plan(settings, {input.begin() + 1, input.end()}, unused);
    planned.insert(planned.begin(), input.front());
    const Tensor y = custom_.record(tape, x, numbers(settings), weights);
    if (const Shape& recorded = tape.shape(y); recorded != planned)
      throw error("what it has recorded has another shape", print_shape(recorded), print_shape(planned));
    return y;
  }

 private:
  Error error(const std::string& what, const std::string& got, const std::string& want) const {
    return Error(Code::usage, {"layer `" + std::string(spec().name) + "`", what, got, want, ""});
  }

  std::vector<double> numbers(const Settings& settings) const {
    std::vector<double> out;
    for (std::size_t i = 0; i < settings.size(); ++i)
      out.push_back(as_number(spec().options[i], settings[i]).value_or(NAN));
    return out;
  }

  void check_sizes(const std::string& what, const Shape& shape) const {
    if (count(shape) == 0) throw error(what + " has no elements", print_shape(shape), "sizes of 1 and more");
  }

  Weight weight_of(const LayerWeight& asked, std::span<const Weight> before) const {
    const std::string where = "layer `" + std::string(spec().name) + "`";
    check_custom_name(where, "a weight", asked.name);
    if (std::ranges::any_of(before, [&](const Weight& weight) { return weight.name == asked.name; }))
      throw error("two weights have the same name", "`" + asked.name + "`", "names that differ");
    check_sizes("its weight `" + asked.name + "`", asked.shape);
    const std::int64_t last = asked.shape.empty() ? 1 : asked.shape.back();
    const auto size = static_cast<std::int64_t>(count(asked.shape));
    const std::int64_t fan_in = asked.shape.size() < 2 ? last : size / last;
    return {
        asked.name, asked.shape, asked.role,
        init_of(asked, asked.fan_in > 0 ? asked.fan_in : fan_in, asked.fan_out > 0 ? asked.fan_out : last),
        asked.learned};
  }

  Init init_of(const LayerWeight& asked, std::int64_t fan_in, std::int64_t fan_out) const {
    static constexpr Option kInit[] = {required(init_option("init", "", ""))};
    const Spec alone{.name = spec().name, .doc = spec().doc, .options = kInit};
    const Source source{"the weight `" + asked.name + "`",
                        std::string(spec().name) + "(init=" + asked.init + ")"};
    const Text text = parse(source);
    if (text.size() > 1)
      throw error("the initial weights are not one word", "`" + asked.init + "`", "normal(0.02)");
    return read_init(bind(alone, text.front(), source).front(), fan_in, fan_out);
  }

  const CustomSpec spec_;
  const CustomLayer custom_;
  Layer layer_;
};

namespace {

Registered<CustomLayerEntry>& registered() {
  static Registered<CustomLayerEntry> all;
  return all;
}

}  // namespace

const Layer* find_custom_layer(std::string_view name) {
  const CustomLayerEntry* entry = registered().find(name);
  return entry == nullptr ? nullptr : &entry->layer();
}

std::vector<const Spec*> custom_layer_specs() {
  std::vector<const Spec*> out;
  for (const CustomLayerEntry* entry : registered().all()) out.push_back(&entry->spec());
  return out;
}

Shape plan_layer(const Layer& layer, const Settings& settings, const Shape& input,
                 std::vector<Weight>& weights) {
  return layer.custom != nullptr ? layer.custom->plan(settings, input, weights)
                                 : layer.plan(settings, input, weights);
}

Tensor record_layer(const Layer& layer, Tape& tape, Tensor x, const Settings& settings,
                    std::span<const Tensor> weights) {
  return layer.custom != nullptr ? layer.custom->record(tape, x, settings, weights)
                                 : layer.record(tape, x, settings, weights);
}

void register_layer(CustomLayer layer) {
  const std::string name = layer.card.name;
  auto entry = std::make_unique<const CustomLayerEntry>(std::move(layer));
  if (has_spec(layer_specs(), name)) {
    throw Error(Code::usage, {"layer `" + name + "`", "a layer has that name", "", "another name",
                              "`thalweg list layers` names them"});
  }
  registered().add(std::move(entry));
}

}  // namespace thalweg
