#include "thalweg/settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/did_you_mean.h"
#include "base/json.h"
#include "base/spec.h"
#include "base/text.h"
#include "data/parts/parts.h"
#include "losses/class_weights.h"
#include "run/config.h"
#include "thalweg/error.h"
#include "thalweg/metrics.h"
#include "thalweg/optimizer.h"

namespace thalweg {
namespace {

using Kind = RunSetting::Kind;

constexpr std::uint64_t kMostWhole = INT64_MAX;  // that TOML can hold
constexpr std::uint64_t kMostThreads = 1024;

struct ByteUnit {
  std::string_view name;
  int shift;
};
constexpr ByteUnit kByteUnits[] = {{"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}, {"", 0}};

std::uint64_t whole(const std::string& where, const std::string& text, std::uint64_t least,
                    std::uint64_t most = kMostWhole) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_whole = end == text.data() + text.size() && error != std::errc::invalid_argument;
  if (is_whole && error == std::errc() && number >= least && number <= most) return number;
  throw Error(Code::usage, {where, is_whole ? "out of range" : "not a whole number", "`" + text + "`",
                            "a whole number, " + std::to_string(least) + " to " + std::to_string(most), ""});
}

std::optional<std::uint64_t> whole_or_auto(const std::string& where, const std::string& text) {
  if (text == "auto") return std::nullopt;
  return whole(where, text, 1);
}

std::string print_or_auto(const std::optional<std::uint64_t>& number) {
  return number ? std::to_string(*number) : "auto";
}

bool flag(const std::string& where, const std::string& text) {
  if (text == "true" || text == "false") return text == "true";
  throw Error(Code::usage, {where, "not true or false", "`" + text + "`", "true or false", ""});
}

void read_batch(RunConfig& c, const std::string& where, const std::string& text) {
  c.batch = text == "full" ? std::optional<std::uint64_t>(0) : whole_or_auto(where, text);
}

std::uint64_t memory(const std::string& where, const std::string& text) {
  if (text == "any") return 0;
  if (const std::optional<std::uint64_t> bytes = read_memory_size(text)) return *bytes;
  throw Error(Code::usage,
              {where, "not a size", "`" + text + "`", "any, or a size such as 512MiB or 2GiB", ""});
}

std::string fuse(const std::string& where, const std::string& text) {
  if (text == "none" || text == "backward") return text;
  throw Error(Code::usage, {where, "unknown", "`" + text + "`", "none or backward", ""});
}

std::string state(const std::string& where, const std::string& text) {
  if (text == "sharded" || text == "whole") return text;
  throw Error(Code::usage, {where, "unknown", "`" + text + "`", "sharded or whole", ""});
}

void read_min_delta(RunConfig& c, const std::string& where, const std::string& text) {
  const std::optional<double> number = read_number(text);
  if (!number || *number < 0) {
    throw Error(Code::usage, {where, "out of range", "`" + text + "`", "a number, 0 or more", ""});
  }
  c.early_stopping.min_delta = *number;
}

void read_checkpoint_every(RunConfig& c, const std::string& where, const std::string& text) {
  const std::optional<Amount> length = read_amount(text);
  const bool good = length && length->value > 0 && length->value < 0x1p53 &&
                    (length->unit != Amount::Unit::plain || std::floor(length->value) == length->value);
  if (!good && text != "never") {
    throw Error(Code::usage,
                {where, "not a length", "`" + text + "`", "never, updates (500), 2ep or 5%", ""});
  }
  c.keeping.checkpoint_every = good ? print_amount(*length) : text;
}

using Where = const std::string&;
using Words = const std::string&;

struct Row {
  RunSetting setting;
  void (*read)(RunConfig& config, const std::string& where, const std::string& text);
  std::string (*print)(const RunConfig& config);
};

constexpr std::array kRows = std::to_array<Row>({
    {{"data", Kind::text, "", "data source", true},  //
     [](RunConfig& c, Where, Words t) { c.data = t; },
     [](const RunConfig& c) { return c.data; }},
    {{"model", Kind::text, "", "layers; auto: one hidden layer that fits the data", true},
     [](RunConfig& c, Where, Words t) { c.model = t; },
     [](const RunConfig& c) { return c.model; }},
    {{"loss", Kind::text, "", "loss; auto: cross_entropy for classes, mse for values", true},
     [](RunConfig& c, Where, Words t) { c.loss = t; },
     [](const RunConfig& c) { return c.loss; }},
    {{"optimizer", Kind::text, "",
      "chain of transforms; auto: adamw under cosine decay, of a table with the decay that its folds judge "
      "best",
      true},
     [](RunConfig& c, Where, Words t) { c.optimizer = t; },
     [](const RunConfig& c) { return c.optimizer; }},
    {{"batch", Kind::whole, "auto|full", "samples per batch", true},
     read_batch,
     [](const RunConfig& c) { return c.batch == 0 ? "full" : print_or_auto(c.batch); }},
    {{"accumulate", Kind::whole, "", "batches accumulated for one update", false},
     [](RunConfig& c, Where w, Words t) { c.accumulate = whole(w, t, 1); },
     [](const RunConfig& c) { return std::to_string(c.accumulate); }},
    {{"nonfinite", Kind::text, "report|error|skip|zero",
      "what to do about gradients that are not finite: report, error, skip or zero", false},
     [](RunConfig& c, Where, Words t) { c.machine.nonfinite = nonfinite_name(parse_nonfinite(t)); },
     [](const RunConfig& c) { return c.machine.nonfinite; }},
    {{"epochs", Kind::whole, "auto", "passes over the data", true},
     [](RunConfig& c, Where w, Words t) { c.epochs = whole_or_auto(w, t); },
     [](const RunConfig& c) { return print_or_auto(c.epochs); }},
    {{"schedule-epochs", Kind::whole, "auto", "epochs that schedules are planned for; auto: as --epochs",
      false},
     [](RunConfig& c, Where w, Words t) { c.schedule_epochs = whole_or_auto(w, t); },
     [](const RunConfig& c) { return print_or_auto(c.schedule_epochs); }},
    {{"order", Kind::text, "shuffle|replacement|file", "order of samples: shuffle, replacement, file", false},
     [](RunConfig& c, Where w, Words t) { c.order = order_name(parse_order(t, w)); },
     [](const RunConfig& c) { return c.order; }},
    {{"monitor", Kind::text, kMetricNames,
      "held-out metric that tells the best epoch: loss, accuracy, balanced_accuracy, precision, recall, f1, "
      "auc, average_precision, log_loss; rmse, mae, r2 of values",
      false},
     [](RunConfig& c, Where w, Words t) { c.early_stopping.monitor = metric_of(t, w).name; },
     [](const RunConfig& c) { return c.early_stopping.monitor; }},
    {{"patience", Kind::whole, "", "epochs without a better --monitor before training stops; 0: never",
      false},
     [](RunConfig& c, Where w, Words t) { c.early_stopping.patience = whole(w, t, 0); },
     [](const RunConfig& c) { return std::to_string(c.early_stopping.patience); }},
    {{"min-delta", Kind::real, "", "smallest gain of the --monitor that counts as an improvement", false},
     read_min_delta,
     [](const RunConfig& c) { return print_number(c.early_stopping.min_delta); }},
    {{"restore-best", Kind::flag, "auto",
      "end with the weights of the best epoch; auto: if --patience is given", false},
     [](RunConfig& c, Where w, Words t) {
       c.early_stopping.restore_best = t == "auto" ? std::nullopt : std::optional(flag(w, t));
     },
     [](const RunConfig& c) -> std::string {
       return c.early_stopping.restore_best ? (*c.early_stopping.restore_best ? "true" : "false") : "auto";
     }},
    {{"checkpoint-every", Kind::whole, "*",
      "how often to keep a checkpoint permanently: 500 (updates), 2ep, 5% or never", false},
     read_checkpoint_every,
     [](const RunConfig& c) { return c.keeping.checkpoint_every; }},
    {{"async-checkpoints", Kind::flag, "", "write checkpoints from a copy in memory while training goes on",
      false},
     [](RunConfig& c, Where w, Words t) { c.keeping.async_checkpoints = flag(w, t); },
     [](const RunConfig& c) -> std::string { return c.keeping.async_checkpoints ? "true" : "false"; }},
    {{"statistics-batches", Kind::whole, "all",
      "batches in the statistics of batch_norm under averaged weights; all: those of an epoch", false},
     [](RunConfig& c, Where w, Words t) { c.keeping.statistics_batches = t == "all" ? 0 : whole(w, t, 1); },
     [](const RunConfig& c) {
       return c.keeping.statistics_batches == 0 ? "all" : std::to_string(c.keeping.statistics_batches);
     }},
    {{"init", Kind::text, "drawn",
      "weights to begin with: a safetensors file with the model's tensors, or a checkpoint; drawn: by the "
      "seed",
      false},
     [](RunConfig& c, Where, Words t) {
       c.keeping.init = t == "drawn" ? "" : std::filesystem::absolute(t).lexically_normal().string();
     },
     [](const RunConfig& c) -> std::string { return c.keeping.init.empty() ? "drawn" : c.keeping.init; }},
    {{"held-out", Kind::real, "*",
      "rows held out to choose the best epoch by, and to report where --test is 0: a share, a number of "
      "rows, "
      "0, 2/5 for the second of five folds; auto: the data's own part, else 0.2",
      false},
     [](RunConfig& c, Where w, Words t) { c.rows.parts.held_out = print_part_size(read_part_size(t, w)); },
     [](const RunConfig& c) { return c.rows.parts.held_out; }},
    {{"test", Kind::real, "*",
      "rows that report alone, by which nothing is chosen: a share, or a number of rows", false},
     [](RunConfig& c, Where w, Words t) { c.rows.parts.test = print_part_size(read_part_size(t, w)); },
     [](const RunConfig& c) { return c.rows.parts.test; }},
    {{"class-weights", Kind::text, "none|balanced",
      "how much the rows of each class count in the loss: none, balanced, or cat=1,dog=5", false},
     [](RunConfig& c, Where w, Words t) { c.rows.class_weights = read_class_weights(t, w); },
     [](const RunConfig& c) { return c.rows.class_weights; }},
    {{"seed", Kind::whole, "", "seed of weights, order and split", true},
     [](RunConfig& c, Where w, Words t) { c.seed = whole(w, t, 0); },
     [](const RunConfig& c) { return std::to_string(c.seed); }},
    {{"threads", Kind::whole, "auto", "threads; auto: all available", true},
     [](RunConfig& c, Where w, Words t) {
       c.threads = t == "auto" ? 0 : static_cast<int>(whole(w, t, 1, kMostThreads));
     },
     [](const RunConfig& c) { return c.threads == 0 ? "auto" : std::to_string(c.threads); }},
    {{"memory", Kind::text, "*", "memory that the run may take: 512MiB, 2GiB; any: no bound", false},
     [](RunConfig& c, Where w, Words t) { c.machine.memory = memory(w, t); },
     [](const RunConfig& c) { return c.machine.memory == 0 ? "any" : print_memory_size(c.machine.memory); }},
    {{"chunk", Kind::whole, "auto", "samples that pass through the model at a time; auto: as memory allows",
      false},
     [](RunConfig& c, Where w, Words t) { c.machine.chunk = whole_or_auto(w, t); },
     [](const RunConfig& c) { return print_or_auto(c.machine.chunk); }},
    {{"checkpoint", Kind::whole, "auto",
      "parts of the model whose inner values are computed again in backpropagation; auto: as memory needs",
      false},
     [](RunConfig& c, Where w, Words t) { c.machine.checkpoint = whole_or_auto(w, t); },
     [](const RunConfig& c) { return print_or_auto(c.machine.checkpoint); }},
    {{"compute", Kind::text, "f32|bf16", "what large products are made of: f32, or bf16 summed in f32",
      false},
     [](RunConfig& c, Where, Words t) { parse_compute(t), c.machine.compute = t; },
     [](const RunConfig& c) { return c.machine.compute; }},
    {{"fuse", Kind::text, "none|backward",
      "backward: a parameter is updated as soon as backpropagation has its gradient, with the same bits",
      false},
     [](RunConfig& c, Where w, Words t) { c.machine.fuse = fuse(w, t); },
     [](const RunConfig& c) { return c.machine.fuse; }},
    {{"shards", Kind::whole, "auto",
      "parts of each batch whose gradients are added in one fixed tree; auto: 1, or as many as ranks need",
      false},
     [](RunConfig& c, Where w, Words t) { c.machine.shards = whole_or_auto(w, t); },
     [](const RunConfig& c) { return print_or_auto(c.machine.shards); }},
    {{"state", Kind::text, "sharded|whole", "of the optimizer, on ranks: each has a part of it, or all",
      false},
     [](RunConfig& c, Where w, Words t) { c.machine.state = state(w, t); },
     [](const RunConfig& c) { return c.machine.state; }},
    {{"overlap", Kind::text, "all|none|NAMES",
      "what ranks do while messages travel, of gradients, steps, values: the bits are the same", false},
     [](RunConfig& c, Where, Words t) { parse_overlap(t), c.machine.overlap = t; },
     [](const RunConfig& c) { return c.machine.overlap; }},
    {{"name", Kind::text, "auto", "what pages, legends and JSON call the run; auto: as its folder", false},
     [](RunConfig& c, Where w, Words t) {
       check_name(w, t);
       c.keeping.name = t == "auto" ? "" : t;
     },
     [](const RunConfig& c) -> std::string { return c.keeping.name.empty() ? "auto" : c.keeping.name; }},
});

constexpr auto kSettings = [] {
  std::array<RunSetting, kRows.size()> out;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = kRows[i].setting;
  return out;
}();

std::size_t index_of(std::string_view name) {
  const auto found =
      std::find_if(kSettings.begin(), kSettings.end(), [&](const RunSetting& s) { return s.name == name; });
  if (found != kSettings.end()) return static_cast<std::size_t>(found - kSettings.begin());
  std::vector<std::string_view> names;
  for (const RunSetting& setting : kSettings) names.push_back(setting.name);
  throw Error(Code::usage,
              {"settings", "unknown name", "`" + std::string(name) + "`", "", unknown_setting(name, names)});
}

}  // namespace

std::optional<std::uint64_t> read_memory_size(std::string_view text) {
  const auto* unit =
      std::ranges::find_if(kByteUnits, [&](const ByteUnit& u) { return text.ends_with(u.name); });
  const std::optional<double> number = read_number(text.substr(0, text.size() - unit->name.size()));
  const double bytes = number ? std::ldexp(*number, unit->shift) : 0;
  if (!(bytes >= 1 && bytes < 0x1p60) || (unit->shift == 0 && bytes != std::floor(bytes)))
    return std::nullopt;
  return static_cast<std::uint64_t>(bytes);
}

std::string print_memory_size(std::uint64_t bytes) {
  const auto* unit = std::ranges::find_if(
      kByteUnits, [&](const ByteUnit& u) { return bytes % (std::uint64_t{1} << u.shift) == 0; });
  return std::to_string(bytes >> unit->shift) + std::string(unit->name);
}

void RunSetting::read(RunConfig& config, const std::string& where, const std::string& text) const {
  kRows[index_of(name)].read(config, where, text);
}

std::string RunSetting::print(const RunConfig& config) const { return kRows[index_of(name)].print(config); }

std::span<const RunSetting> run_settings() { return kSettings; }

RunSettings::RunSettings(RunConfig defaults)
    : config_(std::move(defaults)), origins_(kSettings.size(), "default") {}

void RunSettings::set(std::string_view name, const std::string& text) {
  const std::size_t i = index_of(name);
  kSettings[i].read(config_, "--" + std::string(name), text);
  origins_[i] = "--" + std::string(name);
}

void RunSettings::take(const std::string& name, const std::vector<std::uint64_t>& lines, RunConfig config) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i] > 0) origins_[i] = name + ":" + std::to_string(lines[i]);
  }
  config_ = std::move(config);
}

void RunSettings::read_file(const std::filesystem::path& path) {
  RunConfig config = config_;
  const std::vector<std::uint64_t> lines = read_toml(path, Code::usage, config);
  take(path.string(), lines, std::move(config));
}

void RunSettings::read_text(std::string_view toml, const std::string& name) {
  RunConfig config = config_;
  const std::vector<std::uint64_t> lines = read_toml_text(toml, name, Code::usage, config);
  take(name, lines, std::move(config));
}

std::string RunSettings::toml() const {
  std::string out;
  for (std::size_t i = 0; i < kSettings.size(); ++i) {
    std::string origin = origins_[i];
    std::replace_if(
        origin.begin(), origin.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    out += toml_line(kSettings[i], config_) + "  # " + origin + "\n";
  }
  return out;
}

}  // namespace thalweg
