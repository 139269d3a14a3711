// The kind `layer`: one operation on a tape in f64, its output, its gradients and what it keeps behind the
// call.
#include <cmath>
#include <map>
#include <numeric>
#include <optional>

#include "base/spec.h"
#include "thalweg/images.h"
#include "thalweg/tensor.h"
#include "verify/verify.h"

namespace thalweg::oracle {
namespace {

using Values = std::vector<double>;

// An array of the case, `inputs` or `state`, by name. A tensor that a layer does not ask for is a Skip.
class Named {
 public:
  Named(const Json& test, const char* key) : key_(key) {
    if (!test.contains(key)) return;
    for (const Json& entry : read_array(test.at(key), key)) {
      oracle::Tensor tensor = read_tensor(entry, "values");
      const std::string name = tensor.name;
      if (!tensors_.emplace(name, std::move(tensor)).second) {
        throw Malformed("two tensors of `" + key_ + "` are called `" + name + "`");
      }
    }
  }

  const oracle::Tensor* find(const std::string& name) {
    asked_.insert(name);
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : &found->second;
  }
  const oracle::Tensor& at(const std::string& name) {
    if (const oracle::Tensor* found = find(name)) return *found;
    throw Malformed("`" + key_ + "` has no `" + name + "`");
  }
  void skip_unread() const {
    for (const auto& [name, tensor] : tensors_) {
      if (!asked_.contains(name)) throw Skip(key_ + " " + name);
    }
  }

 private:
  std::string key_;
  std::map<std::string, oracle::Tensor> tensors_;
  std::set<std::string> asked_;
};

// The tape of a case. A layer asks for what it needs by the names of the case.
class Replay {
 public:
  explicit Replay(const Json& test)
      : options(member(test, "options"), "options"), inputs_(test, "inputs"), state_(test, "state") {}

  thalweg::Tensor input(const std::string& name) { return put(name, inputs_.at(name), false); }
  // No tensor where the case has none.
  thalweg::Tensor input_or_none(const std::string& name) {
    const oracle::Tensor* given = inputs_.find(name);
    return given == nullptr ? thalweg::Tensor{} : put(name, *given, false);
  }
  // Weights {outputs, inputs, kernel...}, which are {kernel..., inputs, outputs} in the engine.
  thalweg::Tensor weights(const std::string& name, std::size_t rank) {
    const oracle::Tensor& given = inputs_.at(name);
    if (given.shape.size() != rank)
      throw Malformed("`" + name + "` does not have " + std::to_string(rank) + " dimensions");
    return put(name, given, true);
  }
  // What the layer keeps and does not learn: a frozen parameter, compared with `after`.
  thalweg::Tensor state(const std::string& name) {
    const oracle::Tensor& given = state_.at(name);
    Parameter& parameter = kept_.add(name, given.shape, Role::other, Dtype::f64);
    parameter.set_frozen(true);
    std::ranges::copy(given.init, parameter.value<double>().begin());
    return tape.parameter(parameter);
  }

  // Runs the tape, forward and backward, and compares all that the case has.
  void compare(thalweg::Tensor y, const Json& test, Comparison& comparison);

  Tape tape{Dtype::f64};
  Fields options;

 private:
  struct Input {
    thalweg::Tensor tensor;
    std::vector<std::size_t> places;  // in the case, of the tape's elements
  };

  thalweg::Tensor put(const std::string& name, const oracle::Tensor& given, bool are_weights) {
    Shape shape = given.shape;
    std::vector<std::size_t> places(given.init.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    if (are_weights) {
      shape.assign(given.shape.begin() + 2, given.shape.end());
      shape.push_back(given.shape[1]);
      shape.push_back(given.shape[0]);
      const auto outputs = static_cast<std::size_t>(given.shape[0]),
                 inputs = static_cast<std::size_t>(given.shape[1]);
      const std::size_t kernel = inputs * outputs == 0 ? 0 : places.size() / inputs / outputs;
      for (std::size_t i = 0; i < places.size(); ++i)
        places[i] = (i % outputs * inputs + i / outputs % inputs) * kernel + i / outputs / inputs;
    }
    const thalweg::Tensor tensor = tape.input(std::move(shape));
    tape.want_gradient(tensor);
    for (std::size_t i = 0; i < places.size(); ++i) tape.value<double>(tensor)[i] = given.init[places[i]];
    recorded_[name] = {tensor, std::move(places)};
    return tensor;
  }

  Named inputs_, state_;
  Params kept_;
  std::map<std::string, Input> recorded_;
};

void compare_numbers(const std::string& name, std::span<const double> got, const Values& want,
                     Comparison& comparison) {
  if (got.size() != want.size()) throw Malformed("`" + name + "` has another size than what is computed");
  for (std::size_t i = 0; i < got.size(); ++i) comparison.add(0, name, i, got[i], want[i]);
}

void Replay::compare(thalweg::Tensor y, const Json& test, Comparison& comparison) {
  options.skip_unread();
  inputs_.skip_unread();
  state_.skip_unread();
  const Json& output = member(test, "output");
  if (read_shape(member(output, "shape")) != tape.shape(y)) {
    throw Malformed("`output` has another shape than what is computed, " + print_shape(tape.shape(y)));
  }
  tape.forward();
  compare_numbers("output", tape.value<double>(y), read_numbers(member(output, "values"), "output"),
                  comparison);
  const Values upstream = read_numbers(member(test, "upstream"), "upstream");
  if (upstream.size() != tape.grad<double>(y).size()) throw Malformed("`upstream` does not fit the output");
  std::ranges::copy(upstream, tape.grad<double>(y).begin());
  tape.backward(y);
  for (const Json& entry : read_array(member(test, "gradients"), "gradients")) {
    const std::string name = read_string(member(entry, "name"), "gradients");
    const auto found = recorded_.find(name);
    if (found == recorded_.end()) throw Malformed("a gradient of no input: `" + name + "`");
    const std::span<const double> grad = tape.grad<double>(found->second.tensor);
    Values got(grad.size());
    for (std::size_t i = 0; i < got.size(); ++i) got[found->second.places[i]] = grad[i];
    compare_numbers("gradient of " + name, got, read_numbers(member(entry, "values"), "gradients"),
                    comparison);
  }
  if (!test.contains("after")) return;
  for (const Json& entry : read_array(test.at("after"), "after")) {
    const oracle::Tensor want = read_tensor(entry, "values");
    const auto kept = std::ranges::find(kept_, want.name, &Parameter::name);
    if (kept == kept_.end()) throw Skip("after " + want.name);
    compare_numbers("after " + want.name, kept->value<double>(), want.init, comparison);
  }
}

// The layers.

int axis_of(Fields& options) {
  const double axis = options.number("axis|dim|-1");
  if (axis == std::floor(axis) && std::abs(axis) <= 64) return static_cast<int>(axis);
  throw Malformed("`axis` is no dimension");
}

// How many of the last dimensions are normalised together. They must be those of x.
int normalised_axes(Replay& replay, thalweg::Tensor x) {
  const Json* given = replay.options.find("normalized_shape");
  if (given == nullptr) return 1;
  const Shape wanted = given->is_array() ? read_shape(*given) : read_shape(Json::array({*given}));
  const Shape& shape = replay.tape.shape(x);
  if (wanted.empty() || wanted.size() > shape.size() ||
      !std::equal(wanted.begin(), wanted.end(), shape.end() - static_cast<std::ptrdiff_t>(wanted.size()))) {
    throw Malformed("`normalized_shape` is not the end of the shape of x");
  }
  return static_cast<int>(wanted.size());
}

thalweg::Tensor layer_norm_of(Replay& r) {
  const thalweg::Tensor x = r.input("x");
  const int axes = normalised_axes(r, x);
  return layer_norm(r.tape, x, r.input_or_none("weight"), r.input_or_none("bias"), axes,
                    r.options.number("eps|1e-5"));
}

thalweg::Tensor rms_norm_of(Replay& r) {
  const thalweg::Tensor x = r.input("x");
  const int axes = normalised_axes(r, x);
  const bool given = r.options.find("eps") != nullptr;
  return rms_norm(r.tape, x, r.input_or_none("weight"), axes,
                  given ? std::optional(r.options.number("eps")) : std::nullopt);
}

thalweg::Tensor group_norm_of(Replay& r) {
  const double groups = r.options.number("groups");
  if (!(groups >= 1 && groups <= 1e6)) throw Malformed("`groups` is no number of groups");
  return group_norm(r.tape, r.input("x"), r.input_or_none("weight"), r.input_or_none("bias"),
                    static_cast<int>(groups), r.options.number("eps|1e-5"));
}

thalweg::Tensor linear(Replay& r) {
  const thalweg::Tensor x = r.input("x"), weight = r.weights("weight", 2);
  return dense(r.tape, x, weight, r.input_or_none("bias"));
}

// A number, or one for each axis of an image.
Window::Pair pair_of(Replay& r, std::string_view name, std::size_t axes, Window::Pair fallback) {
  const Json* given = r.options.find(name);
  if (given == nullptr || given->is_null()) return fallback;
  const Shape sizes =
      given->is_array() ? read_shape(*given) : Shape(axes, read_shape(Json::array({*given}))[0]);
  if (sizes.size() != axes)
    throw Malformed("`" + std::string(name) + "` does not have a number for each axis");
  return axes == 2 ? Window::Pair{sizes[0], sizes[1]} : Window::Pair{fallback[0] == 0 ? 0 : 1, sizes[0]};
}

Window window_of(Replay& r, std::size_t axes, bool pool) {
  Window window;
  if (pool) window.kernel = pair_of(r, "kernel", axes, {1, 1});
  window.stride = pair_of(r, "stride", axes, pool ? window.kernel : Window::Pair{1, 1});
  window.before = window.after = pair_of(r, "padding", axes, {0, 0});
  window.dilation = pair_of(r, "dilation", axes, {1, 1});
  return window;
}

template <std::size_t axes>
thalweg::Tensor conv_of(Replay& r) {
  const thalweg::Tensor x = r.input("x"), weight = r.weights("weight", axes + 2);
  return row_major(r.tape, conv2d(r.tape, x, weight, r.input_or_none("bias"), window_of(r, axes, false),
                                  static_cast<std::int64_t>(r.options.number("groups|1"))));
}

template <std::size_t axes>
thalweg::Tensor max_pool_of(Replay& r) {
  const Window window = window_of(r, axes, true);
  return row_major(r.tape, max_pool(r.tape, r.input("x"), window));
}

template <std::size_t axes>
thalweg::Tensor avg_pool_of(Replay& r) {
  const Window window = window_of(r, axes, true);
  const bool counted = r.options.flag("count_include_pad", true);
  return row_major(r.tape, avg_pool(r.tape, r.input("x"), window, counted));
}

thalweg::Tensor batch_norm_of(Replay& r) {
  const thalweg::Tensor x = r.input("x"), weight = r.input_or_none("weight"), bias = r.input_or_none("bias");
  if (r.options.flag("training", false)) r.tape.train(0, 0);
  return row_major(r.tape,
                   batch_norm(r.tape, x, weight, bias, r.state("running_mean"), r.state("running_var"),
                              r.options.number("momentum|0.1"), r.options.number("eps|1e-5")));
}

thalweg::Tensor gelu_of(Replay& r) {
  const std::string form = r.options.text("approximate", "none");
  if (form != "none" && form != "tanh") throw Skip("approximate " + form);
  return form == "tanh" ? gelu_tanh(r.tape, r.input("x")) : gelu(r.tape, r.input("x"));
}

template <thalweg::Tensor (*operation)(Tape& tape, thalweg::Tensor x)>
thalweg::Tensor alone(Replay& r) {
  return operation(r.tape, r.input("x"));
}

template <thalweg::Tensor (*operation)(Tape& tape, thalweg::Tensor x, int axis)>
thalweg::Tensor along(Replay& r) {
  return operation(r.tape, r.input("x"), axis_of(r.options));
}

struct Layer {
  std::string_view name;
  thalweg::Tensor (*record)(Replay& replay);
};

constexpr Layer kLayers[] = {
    {"avg_pool1d", avg_pool_of<1>},
    {"avg_pool2d", avg_pool_of<2>},
    {"batch_norm", batch_norm_of},
    {"conv1d", conv_of<1>},
    {"conv2d", conv_of<2>},
    {"elu", [](Replay& r) { return elu(r.tape, r.input("x"), r.options.number("alpha|1")); }},
    {"gelu", gelu_of},
    {"group_norm", group_norm_of},
    {"layer_norm", layer_norm_of},
    {"leaky_relu",
     [](Replay& r) { return leaky_relu(r.tape, r.input("x"), r.options.number("slope|0.01")); }},
    {"linear", linear},
    {"log_softmax", along<log_softmax>},
    {"max_pool1d", max_pool_of<1>},
    {"max_pool2d", max_pool_of<2>},
    {"mish", alone<mish>},
    {"relu", alone<relu>},
    {"relu6", alone<relu6>},
    {"rms_norm", rms_norm_of},
    {"selu", alone<selu>},
    {"sigmoid", alone<sigmoid>},
    {"silu", alone<silu>},
    {"softmax", along<softmax>},
    {"softplus",
     [](Replay& r) {
       const double beta = r.options.number("beta|1"), threshold = r.options.number("threshold|20");
       return softplus(r.tape, r.input("x"), beta, threshold);
     }},
    {"tanh", alone<tanh>},
};

}  // namespace

void replay_layer(const Json& test, Comm*, Comparison& comparison) {
  const std::string name = read_string(member(test, "layer"), "layer");
  const Layer* layer = find_named(kLayers, name);
  if (layer == nullptr) throw Skip("layer " + name);
  Replay replay(test);
  replay.compare(layer->record(replay), test, comparison);
}

}  // namespace thalweg::oracle
