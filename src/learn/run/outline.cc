#include "run/outline.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/utf8.h"

namespace thalweg {
namespace {

std::string bytes_text(std::uint64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; amount >= 1024 && unit + 1 < std::size(kUnits); ++unit) amount /= 1024;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.4g} {}", amount, kUnits[unit]);
}

std::string data_text(const Dataset& data) {
  std::string notes;
  for (const std::string& line : data.notes) notes += "           " + line + "\n";
  const std::string targets = data.classes > 0
                                  ? fmt::format("{} classes", data.classes)
                                  : fmt::format("{} value{}", data.columns, data.columns == 1 ? "" : "s");
  return fmt::format("data       {}\n           {} training samples, {} held out, inputs {}, {}\n",
                     shown(data.text), data.train.size(), data.test.size(), print_shape(data.sample),
                     targets) +
         notes;
}

// Each layer is built by itself on the output of the one before it.
std::string layers_text(const Module& model) {
  std::string out = fmt::format("model      {:<32} {:>12} {:>12}\n", "layer", "output", "parameters");
  Shape shape = model.inputs();
  for (const Item& item : parse({"model", model.text()})) {
    const std::string text = print(Text{item});
    const Module layer(text, shape);
    shape = layer.outputs();
    out +=
        fmt::format("           {:<32} {:>12} {:>12}\n", text, print_shape(shape), layer.params().elements());
  }
  return out + fmt::format("           {:<32} {:>12} {:>12}\n", "", "", model.params().elements());
}

std::string lengths_text(const RunConfig& c, Trial& trial) {
  std::string batch = *c.batch == 0 ? "all" : std::to_string(*c.batch);
  if (c.accumulate > 1) batch += fmt::format(" x {}", c.accumulate);
  std::string out = fmt::format("lengths    {} epochs of {} updates of {} samples: {} updates\n", *c.epochs,
                                trial.trainer().updates_per_epoch(), batch, trial.total());
  out += "optimizer  " + visible(Chain(c.optimizer).text()) + "\n";
  return out + "resolved   " + visible(trial.optimizer().chain().text()) + "\n";
}

// Inputs as f32 when they are read; a reader may store them in less.
std::uint64_t data_bytes(const Dataset& data) {
  std::uint64_t bytes = 0;
  for (const Samples* samples : {&data.train, &data.test}) {
    bytes += samples->size() * samples->features() * sizeof(float);
    bytes += (samples->labels.size() + samples->rows.size() + samples->values.size()) * 4;
  }
  return bytes;
}

std::string memory_text(const Dataset& data, Trial& trial) {
  const std::uint64_t parameters = trial.model().params().elements() * sizeof(float);
  const std::pair<const char*, std::uint64_t> parts[] = {{"parameters", parameters},
                                                         {"gradients", parameters},
                                                         {"optimizer state", trial.optimizer().state_bytes()},
                                                         {"best weights", parameters},
                                                         {"activations", trial.trainer().activation_bytes()},
                                                         {"data", data_bytes(data)}};
  std::string out = "memory";
  std::uint64_t sum = 0;
  for (const auto& [name, bytes] : parts) {
    out += fmt::format("{:<{}}{:<17} {:>12}\n", "", sum == 0 && out == "memory" ? 5 : 11, name,
                       bytes_text(bytes));
    sum += bytes;
  }
  return out + fmt::format("{:<11}{:<17} {:>12}\n", "", "together", bytes_text(sum));
}

}  // namespace

std::string outline(const RunConfig& config, const Dataset& data, Trial& trial, const std::string& plan) {
  return data_text(data) + "\n" + layers_text(trial.model()) + "\n" + lengths_text(config, trial) + "\n" +
         plan + "\n" + memory_text(data, trial);
}

}  // namespace thalweg
