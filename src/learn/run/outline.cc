#include "run/outline.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "base/json.h"
#include "base/spec.h"
#include "base/text.h"
#include "base/utf8.h"
#include "losses/class_weights.h"
#include "metrics/class_score.h"
#include "metrics/json.h"
#include "metrics/score.h"
#include "ranks/cost.h"
#include "reserve/process_memory.h"
#include "thalweg/run.h"
#include "thalweg/schedule.h"
#include "train/recording.h"

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
  return fmt::format("data       {}\n           {} training samples, {} held out{}, inputs {}, {}\n",
                     shown(data.text), data.train.size(), data.choosing().size(),
                     data.apart ? fmt::format(" and {} to test by", data.test.size()) : "",
                     print_shape(data.sample), targets) +
         notes;
}

std::string layers_text(const Module& model) {
  const std::vector<LayerSummary> layers = model.summary();
  std::size_t width = 32;
  const auto indented = [](const LayerSummary& layer) {
    return std::string(static_cast<std::size_t>(layer.depth) * 2, ' ') + layer.text;
  };
  for (const LayerSummary& layer : layers) width = std::max(width, indented(layer).size());
  std::string out = fmt::format("model      {:<{}} {:>12} {:>12} {:>14}\n", "layer", width, "output",
                                "parameters", "multiply-adds");
  const auto line = [&](const std::string& name, const std::string& shape, std::uint64_t p, std::uint64_t m) {
    out += fmt::format("           {:<{}} {:>12} {:>12} {:>14}\n", name, width, shape, p, m);
  };
  std::uint64_t parameters = 0, multiply_adds = 0;
  for (const LayerSummary& layer : layers) {
    line(indented(layer), print_shape(layer.output), layer.parameters, layer.multiply_adds);
    if (layer.depth > 0) continue;
    parameters += layer.parameters;
    multiply_adds += layer.multiply_adds;
  }
  line("", "", parameters, multiply_adds);
  return out;
}

std::string lengths_text(const RunConfig& c, Trial& trial) {
  std::string batch = *c.batch == 0 ? "all" : std::to_string(*c.batch);
  if (c.accumulate > 1) batch += fmt::format(" x {}", c.accumulate);
  std::string out = fmt::format("lengths    {} epochs of {} updates of {} samples: {} updates\n", *c.epochs,
                                trial.trainer().updates_per_epoch(), batch, trial.total());
  if (c.machine.chunk && *c.machine.chunk < chunk_of({.batch = *c.batch}))
    out += fmt::format("           at most {} samples at a time\n", *c.machine.chunk);
  if (c.machine.checkpoint.value_or(1) > 1)
    out += fmt::format("           recomputed in {} parts\n", *c.machine.checkpoint);
  const std::uint64_t shards = c.machine.shards.value_or(1);
  if (c.machine.comm != nullptr)
    out += fmt::format("           in {} shards, on {} ranks of {} thread{}\n", shards,
                       c.machine.comm->size(), c.threads, c.threads == 1 ? "" : "s");
  else if (shards > 1)
    out += fmt::format("           in {} shards\n", shards);
  out += "optimizer  " + visible(Chain(c.optimizer).text()) + "\n";
  return out + "resolved   " + visible(trial.optimizer().chain().text()) + "\n";
}

std::string memory_text(const MemoryEstimate& memory) {
  std::string out;
  const auto line = [&](const char* name, std::uint64_t bytes) {
    out += fmt::format("{:<11}{:<17} {:>12}\n", out.empty() ? "memory" : "", name, bytes_text(bytes));
  };
  for (const auto& [name, bytes] : memory.parts) line(name, bytes);
  line("together", memory.together);
  return out;
}

std::string data_json(const Dataset& data) {
  return JsonObject()
      .add("source", data.text)
      .add("training", data.train.size())
      .add("held_out", data.choosing().size())
      .add("test", data.apart ? data.test.size() : std::size_t{0})
      .add("inputs", data.sample)
      .add("classes", data.classes)
      .add("values", data.columns)
      .add("notes", data.notes)
      .text();
}

std::string model_json(const Module& model) {
  const auto layer = [](const LayerSummary& one) {
    return JsonObject()
        .add("layer", one.text)
        .add("depth", one.depth)
        .add("output", one.output)
        .add("parameters", one.parameters)
        .add("multiply_adds", one.multiply_adds)
        .text();
  };
  return JsonObject()
      .raw("layers", json_list(model.summary(), layer))
      .add("parameters", model.params().elements())
      .text();
}

std::string memory_json(const MemoryEstimate& memory) {
  JsonObject out;
  for (const auto& [name, bytes] : memory.parts) {
    std::string key = name;
    std::replace(key.begin(), key.end(), ' ', '_');
    out.add(key, bytes);
  }
  return out.add("together", memory.together).text();
}

std::string argument(const Item& item, std::string_view name) {
  const auto found = std::ranges::find(item.args, name, &Arg::name);
  return found == item.args.end() ? "" : print(found->value);
}

// The share of the weights from before the first value that an exponential average still has after so many
// updates; 0 where it is of another form, or the run is not a short one.
double share_of_first(const Item& average, std::uint64_t updates) {
  constexpr std::uint64_t kShort = 1'000'000;  // updates: a longer run forgets by any decay in use
  if (argument(average, "form") != "ema" || argument(average, "ramp") == "true" || updates > kShort) return 0;
  const double start = *read_number(argument(average, "start"));
  if (start >= static_cast<double>(updates)) return 0;  // until then it is the weights themselves
  const double every = *read_number(argument(average, "every"));
  const Schedule decay(argument(average, "decay"));
  double share = 1;
  for (std::uint64_t k = 0; k < updates; ++k) {
    const double since = static_cast<double>(k + 1) - start;
    if (since < 1 || (every > 1 && std::fmod(since, every) != 1)) continue;
    share *= decay(k);
  }
  return share;
}

std::string slow_average(const Chain& chain, std::uint64_t updates) {
  constexpr double kMuch = 0.1;
  for (const Item& item : parse({"optimizer", chain.text(true)})) {
    const double share = item.name == "average" ? share_of_first(item, updates) : 0;
    if (share < kMuch) continue;
    return fmt::format(
        "what `average` evaluates after {} updates is still {:.0f} % the weights that it began with: "
        "average(ramp=true) or a smaller decay than {} follows a run that short",
        updates, 100 * share, argument(item, "decay"));
  }
  return "";
}

// A loss on log-probabilities has no least value for a model whose outputs are anything.
std::string missing_log_softmax(const Module& model, const Loss& loss) {
  const std::string last = parse({"model", model.text()}).back().name;
  const std::string first = parse({"loss", loss.text()}).front().name;
  if ((first != "nll" && first != "kl_div") || last == "log_softmax") return "";
  return fmt::format(
      "the model ends in `{}`, but `{}` expects log-probabilities: let it end in `log_softmax`{}", last,
      first, first == "nll" ? ", or take `cross_entropy`" : "");
}

}  // namespace

Loaded load_data(const RunConfig& config, std::string_view encoding) {
  Loaded out;
  out.held_before = process_memory().resident;
  out.data = load_dataset(config.data, config.seed, encoding, config.rows.parts);
  out.held_after = process_memory().resident;
  return out;
}

MemoryEstimate estimate_memory(const Loaded& loaded, const RunConfig& config, const Dataset& data,
                               Trial& trial) {
  // Pages of code and libraries that training, checkpoints and the page are the first to touch: the mean of a
  // dozen runs, measured on x86-64.
  constexpr std::uint64_t kLater = std::uint64_t{2} << 20;
  const auto less = [](std::uint64_t a, std::uint64_t b) { return a > b ? a - b : 0; };
  const std::uint64_t parameters = trial.model().params().elements() * sizeof(float);
  const int ranks = config.machine.comm == nullptr ? 1 : config.machine.comm->size();
  const std::uint64_t samples =
      *config.batch == 0 ? data.train.size()
                         : std::min<std::uint64_t>(*config.batch * config.accumulate, data.train.size());
  const Plan plan(trial.optimizer().chain(), trial.model().params());
  const RankCost cost =
      rank_cost(trial.model().params(), plan, ranks, std::min(samples, config.machine.shards.value_or(1)));
  const std::uint64_t state = plan.state_bytes(trial.model().params());
  const std::uint64_t held = config.machine.state == "whole" ? state : cost.state;
  const std::uint64_t activations =
      trial.trainer().activation_bytes() +
      output_bytes(trial.model(), std::max(data.held_out.size(), data.test.size()));
  const ProcessMemory now = process_memory();
  MemoryEstimate out{
      {{"program", loaded.held_before + less(now.resident, loaded.held_after + 2 * parameters) + kLater},
       {"data", less(loaded.held_after, loaded.held_before)},
       {"parameters", parameters},
       {"gradients", parameters},
       {"optimizer state", held},
       {"best weights", parameters},
       {"activations", activations}}};
  const std::size_t judged = std::max(
      {std::min(data.train.size(), RunResult::kTrainingSamples), data.held_out.size(), data.test.size()});
  const std::uint64_t scores = ClassScore::bytes(judged, data.classes);
  if (scores > 0) out.parts.push_back({"scores", scores});
  if (cost.waiting > 0) out.parts.push_back({"shards", cost.waiting});
  if (ranks > 1) out.parts.push_back({"messages", cost.rooms});
  if (state > held)
    out.parts.push_back({"state to save", state - held});  // of the first rank, while it saves
  if (config.keeping.async_checkpoints)
    out.parts.push_back({"checkpoint copy", 2 * parameters + state});  // and the best
  for (const auto& [name, bytes] : out.parts) out.sum += bytes;
  out.together = std::max(out.sum, now.peak);
  return out;
}

std::string outline(const Outlined& all, const std::string& plan) {
  std::string notes;
  for (const std::string& line : all.notes)
    notes += (notes.empty() ? "\nnotes      " : "           ") + line + "\n";
  return data_text(all.data) + "\n" + layers_text(all.trial.model()) + "\n" +
         lengths_text(all.config, all.trial) + "\n" + plan + "\n" + memory_text(all.memory) + notes;
}

std::string outline_json(const Outlined& all) {
  const RunConfig& c = all.config;
  return JsonObject()
             .add("schema", 1)
             .raw("data", data_json(all.data))
             .raw("model", model_json(all.trial.model()))
             .add("loss", c.loss)
             .raw("class_weights", class_weights_json(c.loss, all.data))
             .add("batch", *c.batch == 0 ? std::uint64_t{all.data.train.size()} : *c.batch)
             .add("accumulate", c.accumulate)
             .add("epochs", *c.epochs)
             .add("updates_per_epoch", all.trial.trainer().updates_per_epoch())
             .add("updates", all.trial.total())
             .add("shards", c.machine.shards.value_or(1))
             .add("ranks", c.machine.comm == nullptr ? 1 : c.machine.comm->size())
             .add("threads", c.threads)
             .add("optimizer", c.optimizer)
             .add("resolved", all.trial.optimizer().chain().text())
             .raw("plan", all.trial.optimizer().chain().explain(all.trial.model().params()).json())
             .raw("memory", memory_json(all.memory))
             .add("notes", all.notes)
             .text() +
         "\n";
}

std::string class_weights_json(const std::string& loss, const Dataset& data) {
  const std::vector<double> weights = class_weights_of(loss, data.classes);
  if (weights.empty() || weights.size() > kMostListed) return "null";
  const std::vector<std::string> names = class_names(data.class_names, data.classes);
  JsonObject out;
  for (std::size_t c = 0; c < weights.size(); ++c) out.add(names[c], weights[c]);
  return out.text();
}

std::string class_weights_text(const RunConfig& config, const Dataset& data) {
  constexpr std::size_t kMostTold = 10;
  if (config.rows.class_weights == kNoClassWeights) return "";
  const std::vector<double> weights = class_weights_of(config.loss, data.classes);
  const std::vector<std::string> names = class_names(data.class_names, data.classes);
  std::string out;
  for (std::size_t c = 0; c < std::min(weights.size(), kMostTold); ++c)
    out += fmt::format("{} {} {:.4g}", c == 0 ? "class weights:" : ",", shown(names[c]), weights[c]);
  return out + (weights.size() > kMostTold ? fmt::format(", ... ({})", weights.size()) : "");
}

std::string squashed_output(std::string_view model, std::string_view loss) {
  constexpr std::array<std::string_view, 4> kSquash = {"softmax", "sigmoid", "tanh", "relu"};
  Text layers = parse({"model", std::string(model)});
  while (layers.size() > 1 && layers.back().name == "dropout") layers.pop_back();
  const std::string last = layers.back().name;
  const std::string first = parse({"loss", std::string(loss)}).front().name;
  const Loss::Outputs outputs = Loss(loss).outputs();
  const bool logistic = outputs == Loss::Outputs::logistic;
  const bool takes_scores = logistic || (outputs == Loss::Outputs::softmax && first == "cross_entropy");
  if (!takes_scores || std::ranges::find(kSquash, last) == kSquash.end()) return "";
  return fmt::format("the model ends in `{}`, but `{}` expects unbounded scores: it applies {} itself", last,
                     first, logistic ? "the logistic function" : "softmax");
}

std::vector<std::string> advice(Trial& trial) {
  std::vector<std::string> lines;
  if (std::string bare = missing_log_softmax(trial.model(), trial.loss()); !bare.empty())
    lines.push_back(std::move(bare));
  if (const std::string squashed = squashed_output(trial.model().text(), trial.loss().text());
      !squashed.empty())
    lines.push_back(squashed + "; " + std::string(kEndInDense));
  if (const std::string slow = slow_average(trial.optimizer().chain(), trial.total()); !slow.empty())
    lines.push_back(slow);
  if (trial.optimizer().averages() && !trial.model().statistics().empty())
    lines.push_back(
        "the averages have statistics of `batch_norm` of their own, of a pass over the training data at "
        "every "
        "evaluation: `--statistics-batches` bounds it");
  return lines;
}

}  // namespace thalweg
