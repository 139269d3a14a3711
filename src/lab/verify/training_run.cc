// The kind `training_run`: a network of dense layers trained on given batches, its losses and its weights at
// the end.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>

#include "base/spec.h"
#include "thalweg/error.h"
#include "thalweg/loss.h"
#include "thalweg/module.h"
#include "thalweg/optimizer.h"
#include "verify/verify.h"

namespace thalweg::oracle {
namespace {

constexpr double kMostElements = 1e7;  // of the data, and of the network
constexpr double kMostWork = 2e9;      // products that all updates together form

using Values = std::vector<double>;
using Batch = std::vector<std::size_t>;  // rows

struct Rows {
  std::size_t count = 0;
  std::size_t columns = 0;
  Values values;

  std::span<const double> row(std::size_t i) const { return std::span(values).subspan(i * columns, columns); }
};

struct Dense {
  std::string activation;  // empty: none
  bool bias = true;
  std::size_t weight = 0;  // their numbers in `params`; the bias follows
};

// A recording for batches of one size.
struct Recorded {
  Tape tape{Dtype::f64};
  thalweg::Tensor x, y;
};

// Of a field that is a whole number from `least` to `most`.
std::size_t read_whole(const Json& value, const char* what, double least, double most) {
  const double number = read_number(value, what);
  if (number >= least && number <= most && number == std::floor(number))
    return static_cast<std::size_t>(number);
  throw Malformed("`" + std::string(what) + "` is no whole number from " + print_number(least) + " to " +
                  print_number(most));
}

// "reshape(arange(32),(16,2))"
Rows read_arange(std::string_view text) {
  double numbers[3] = {};
  std::string_view rest = text;
  for (const std::string_view part : {"reshape(arange(", "),(", ","}) {
    if (!rest.starts_with(part)) throw Skip("data " + std::string(text));
    rest.remove_prefix(part.size());
    double& number = numbers[part == "," ? 2 : part == "),(" ? 1 : 0];
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc()) throw Skip("data " + std::string(text));
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  }
  const auto [all, count, columns] = numbers;
  const bool fits = count >= 1 && columns >= 1 && all <= kMostElements && count * columns == all;
  if (rest != "))" || !fits || count != std::floor(count)) throw Skip("data " + std::string(text));
  Rows rows{static_cast<std::size_t>(count), static_cast<std::size_t>(columns), {}};
  for (double i = 0; i < all; ++i) rows.values.push_back(i);
  return rows;
}

// A list of rows, or of numbers, which are rows of one.
Rows read_rows(const Json& value, const char* what) {
  if (value.is_string()) return read_arange(value.get<std::string>());
  const Json& list = read_array(value, what);
  Rows rows{list.size(), 0, {}};
  for (const Json& entry : list) {
    const Values row = read_numbers(entry, what);
    if (&entry == &list.front()) rows.columns = row.size();
    if (row.size() != rows.columns || row.empty())
      throw Malformed("rows of `" + std::string(what) + "` differ in length");
    rows.values.insert(rows.values.end(), row.begin(), row.end());
  }
  if (rows.count == 0) throw Malformed("`" + std::string(what) + "` is empty");
  return rows;
}

// A layer of the engine that learns nothing.
thalweg::Tensor activated(Recorded& r, const std::string& name) {
  try {
    Module module(name, {r.tape.shape(r.y).back()}, Dtype::f64);
    if (module.params().size() == 0) return module.record(r.tape, r.y);
  } catch (const Error&) {  // it has none of that name
  }
  throw Skip("activation " + name);
}

class Run {
 public:
  explicit Run(const Json& test) : loss_(read_loss(test)) {
    read_data(member(test, "data"));
    read_model(member(test, "model"));
    read_batches(test);
    check_work();
  }

  void replay(const Json& test, Comm* comm, Comparison& comparison);

 private:
  static Loss read_loss(const Json& test);
  void read_data(const Json& data);
  void read_targets(const Rows& y);
  void read_model(const Json& model);
  void add(const Json& layer, const Json* weights, std::size_t& next, std::size_t in, std::size_t units);
  void add_parameter(const Shape& shape, const Json* weights, std::size_t& next, const Json* all);
  void read_batches(const Json& test);
  void check_work() const;
  std::string chain(const Json& test) const;

  Recorded& recorded(std::size_t rows);
  double loss_of(const Batch& batch, bool differentiate);
  void compare_weights(const Json& expected, Comparison& comparison) const;

  Loss loss_;
  Rows x_;
  std::vector<std::int32_t> labels_;  // of a loss that classifies, else
  std::vector<float> targets_;
  std::vector<Dense> layers_;
  Params params_;
  std::vector<Tensor> tensors_;  // the parameters as the case has them
  std::vector<Batch> batches_;   // of each update
  std::size_t per_epoch_ = 0;
  std::map<std::size_t, Recorded> recorded_;  // by rows
};

// The name begins the text: "cross_entropy of the logits, mean over the batch".
Loss Run::read_loss(const Json& test) {
  const std::string text = read_string(member(test, "loss"), "loss");
  const std::string name = text.substr(0, text.find(' '));
  if (name != "cross_entropy" && name != "mse") throw Skip("loss " + name);
  return Loss(name);
}

void Run::read_data(const Json& data) {
  const bool scaled = data.is_object() && data.contains("x_times_16");
  x_ = read_rows(member(data, scaled ? "x_times_16" : "x"), "x");
  if (scaled) std::ranges::for_each(x_.values, [](double& value) { value /= 16; });
  const Rows y = read_rows(member(data, "y"), "y");
  if (y.count != x_.count) throw Malformed("`x` and `y` differ in length");
  read_targets(y);
}

void Run::read_targets(const Rows& y) {
  for (const double value : y.values) {
    if (loss_.classifies()) {
      labels_.push_back(static_cast<std::int32_t>(read_whole(value, "y", 0, 1e6)));
    } else {
      targets_.push_back(static_cast<float>(value));
      if (double{targets_.back()} != value) throw Skip("targets that f32 does not hold");
    }
  }
}

void Run::read_model(const Json& model) {
  const Json* weights =
      model.is_object() && model.contains("weights") ? &read_array(model.at("weights"), "weights") : nullptr;
  std::size_t in = x_.columns, next = 0;
  double elements = 0;
  for (const Json& layer : read_array(member(model, "layers"), "layers")) {
    const std::string type = read_string(member(layer, "type"), "type");
    if (type != "dense") throw Skip("layer " + type);
    const std::size_t units = read_whole(member(layer, "units"), "units", 1, 1e6);
    elements += static_cast<double>(in + 1) * static_cast<double>(units);
    if (elements > kMostElements) throw Malformed("the network is too large");
    add(layer, weights, next, in, units);
    in = units;
  }
  if (weights != nullptr && next != weights->size()) throw Malformed("`weights` has too many entries");
  if (layers_.empty()) throw Malformed("`layers` is empty");
  const double most = labels_.empty() ? 0 : *std::ranges::max_element(labels_);
  if (most >= static_cast<double>(in)) throw Malformed("`y` has a class that the network does not");
  if (!targets_.empty() && targets_.size() != x_.count * in) throw Malformed("`y` does not fit the network");
}

void Run::add(const Json& layer, const Json* weights, std::size_t& next, std::size_t in, std::size_t units) {
  Fields fields(layer, "layer");
  for (const char* known : {"type", "units", "kernel_init", "bias_init"}) fields.find(known);
  Dense dense{fields.text("activation", ""), fields.flag("use_bias", true), params_.size()};
  if (dense.activation == "linear") dense.activation.clear();
  fields.skip_unread();
  const auto rows = static_cast<std::int64_t>(units);
  add_parameter({rows, static_cast<std::int64_t>(in)}, weights, next, fields.find("kernel_init"));
  if (dense.bias) add_parameter({rows}, weights, next, fields.find("bias_init"));
  layers_.push_back(std::move(dense));
}

// A parameter of this shape in the case, {units, in} or {units}, by its entry of `weights` or all of it
// `all`.
void Run::add_parameter(const Shape& shape, const Json* weights, std::size_t& next, const Json* all) {
  Tensor tensor{engine_name(params_.size()), shape, {}};
  if (weights != nullptr) {
    if (next == weights->size()) throw Malformed("`weights` has too few entries");
    tensor = read_tensor((*weights)[next++], "init");
    if (tensor.shape != shape) throw Malformed("`" + tensor.name + "` does not fit its layer");
  } else if (all != nullptr) {
    tensor.init.assign(count(shape), read_number(*all, "an initial value"));
  } else {
    throw Malformed("the network has no initial weights");
  }
  const bool matrix = shape.size() == 2;
  Parameter& parameter = params_.add(engine_name(params_.size()), {shape.rbegin(), shape.rend()},
                                     matrix ? Role::weight : Role::bias, Dtype::f64);
  std::ranges::copy(matrix ? transposed(tensor.init, static_cast<std::size_t>(shape[0])) : tensor.init,
                    parameter.value<double>().begin());
  tensors_.push_back(std::move(tensor));
}

void Run::read_batches(const Json& test) {
  if (test.contains("batches")) {
    for (const Json& entry : read_array(test.at("batches"), "batches")) {
      Batch batch;
      for (const Json& row : read_array(entry, "batches")) {
        batch.push_back(read_whole(row, "batches", 0, static_cast<double>(x_.count - 1)));
      }
      if (batch.empty()) throw Malformed("a batch is empty");
      batches_.push_back(std::move(batch));
    }
    return;
  }
  if (test.value("shuffle", false)) throw Skip("shuffle of the library");
  const std::size_t size = read_whole(member(test, "batch_size"), "batch_size", 1, kMostElements);
  const std::size_t epochs = read_whole(member(test, "epochs"), "epochs", 1, 1e6);
  per_epoch_ = (x_.count + size - 1) / size;
  if (static_cast<double>(epochs * per_epoch_) > 1e6) throw Malformed("the training is too long");
  for (std::size_t update = 0; update < epochs * per_epoch_; ++update) {
    const std::size_t begin = update % per_epoch_ * size;
    Batch batch(std::min(size, x_.count - begin));
    for (std::size_t i = 0; i < batch.size(); ++i) batch[i] = begin + i;
    batches_.push_back(std::move(batch));
  }
}

void Run::check_work() const {
  double rows = 0;
  for (const Batch& batch : batches_) rows += static_cast<double>(batch.size());
  if (rows * static_cast<double>(params_.elements()) > kMostWork) throw Malformed("the training is too long");
}

// The optimizer of the case as `hyper` of a trajectory.
std::string Run::chain(const Json& test) const {
  Json hyper = member(test, "optimizer");
  if (!hyper.is_object()) throw Malformed("`optimizer` is not an object");
  const std::string algorithm = read_string(member(hyper, "algorithm"), "algorithm");
  if (test.contains("lr_schedule")) hyper["lr_schedule"] = test.at("lr_schedule");
  const Json trajectory = {{"algorithm", algorithm}, {"hyper", hyper}, {"gradient", {{"kind", "network"}}}};
  return chain_text(trajectory, tensors_, {}, batches_.size());
}

Recorded& Run::recorded(std::size_t rows) {
  const auto [found, fresh] = recorded_.try_emplace(rows);
  Recorded& r = found->second;
  if (!fresh) return r;
  r.x = r.y = r.tape.input({static_cast<std::int64_t>(rows), static_cast<std::int64_t>(x_.columns)});
  for (const Dense& layer : layers_) {
    const thalweg::Tensor weight = r.tape.parameter(params_[layer.weight]);
    r.y = dense(r.tape, r.y, weight,
                layer.bias ? r.tape.parameter(params_[layer.weight + 1]) : thalweg::Tensor{});
    if (!layer.activation.empty()) r.y = activated(r, layer.activation);
  }
  return r;
}

// The mean over the batch; its gradients are put at the parameters.
double Run::loss_of(const Batch& batch, bool differentiate) {
  Recorded& r = recorded(batch.size());
  const std::span<double> x = r.tape.value<double>(r.x);
  const auto columns = static_cast<std::size_t>(r.tape.shape(r.y).back());
  std::vector<std::int32_t> labels;
  std::vector<float> values;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    std::ranges::copy(x_.row(batch[i]), x.begin() + static_cast<std::ptrdiff_t>(i * x_.columns));
    if (!labels_.empty()) labels.push_back(labels_[batch[i]]);
    if (targets_.empty()) continue;
    const auto row = std::span(targets_).subspan(batch[i] * columns, columns);
    values.insert(values.end(), row.begin(), row.end());
  }
  r.tape.forward();
  const double share = 1.0 / static_cast<double>(batch.size());
  const std::span<double> grad = differentiate ? r.tape.grad<double>(r.y) : std::span<double>();
  const double sum = loss_.evaluate(r.tape.value<double>(r.y), columns, {labels, values}, share, grad);
  if (differentiate) r.tape.backward(r.y);
  return sum * share;
}

void Run::compare_weights(const Json& expected, Comparison& comparison) const {
  const Json& list = read_array(expected, "final_weights");
  if (list.size() != tensors_.size()) throw Malformed("`final_weights` has another number of entries");
  for (std::size_t p = 0; p < tensors_.size(); ++p) {
    const std::string name = read_string(member(list[p], "name"), "final_weights");
    const Values want = read_numbers(member(list[p], "values"), "final_weights");
    const std::span<const double> ours = params_[p].value<double>();
    Values got(ours.begin(), ours.end());
    if (want.size() != got.size()) throw Malformed("`final_weights` of `" + name + "` has another size");
    if (tensors_[p].shape.size() == 2) got = transposed(got, static_cast<std::size_t>(tensors_[p].shape[1]));
    for (std::size_t i = 0; i < got.size(); ++i) comparison.add(batches_.size(), name, i, got[i], want[i]);
  }
}

void Run::replay(const Json& test, Comm* comm, Comparison& comparison) {
  const Json& expected = member(test, "expected");
  Engine engine(params_, chain(test), comm);
  Values losses, epochs;
  for (const Batch& batch : batches_) {
    losses.push_back(loss_of(batch, true));
    engine.step();
    if (per_epoch_ == 0 || losses.size() % per_epoch_ != 0) continue;
    double sum = 0;
    for (std::size_t i = losses.size() - per_epoch_; i < losses.size(); ++i) sum += losses[i];
    epochs.push_back(sum / static_cast<double>(per_epoch_));
  }
  Fields fields(expected, "expected");
  const auto compare = [&](const char* key, const Values& got) {
    if (fields.find(key) == nullptr) return;
    const Values want = fields.numbers(key);
    if (want.size() != got.size()) throw Malformed("`" + std::string(key) + "` has another length");
    for (std::size_t i = 0; i < want.size(); ++i) comparison.add(i, key, i, got[i], want[i]);
  };
  compare("losses", losses);
  compare("epoch_loss", epochs);
  const std::size_t updates = batches_.size();
  if (fields.find("updates") != nullptr) {
    comparison.add(updates, "updates", 0, static_cast<double>(updates), fields.number("updates"));
  }
  if (const Json* want = fields.find("final_loss_all")) {
    Batch all(x_.count);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    comparison.add(updates, "final_loss_all", 0, loss_of(all, false), read_number(*want, "final_loss_all"));
  }
  if (const Json* want = fields.find("final_weights")) compare_weights(*want, comparison);
  fields.skip_unread();
}

}  // namespace

void replay_training_run(const Json& test, Comm* comm, Comparison& comparison) {
  Run(test).replay(test, comm, comparison);
}

}  // namespace thalweg::oracle
