#include "page/run_data.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "thalweg/error.h"
#include "thalweg/settings.h"

namespace thalweg::page {
namespace {

using Json = nlohmann::ordered_json;  // classes stand in their order

constexpr std::uint64_t kLargestMetrics = std::uint64_t{256} << 20;
constexpr std::uint64_t kLargestText = std::uint64_t{4} << 20;
constexpr std::size_t kShown = 60;  // bytes of a malformed line in a message

[[noreturn]] void fail(const std::string& where, std::string what, std::string got, std::string want) {
  throw Error(Code::data, {where, std::move(what), std::move(got), std::move(want), {}});
}

std::string in_quotes(std::string_view text) {
  return "`" + std::string(text.substr(0, kShown)) + (text.size() > kShown ? "...`" : "`");
}

// The members of one object, by type. `where` is the file and line for messages.
class Fields {
 public:
  Fields(const Json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object_.is_object()) fail(where_, "is not an object", object_.type_name(), "a JSON object");
  }

  bool has(const char* name) const { return object_.contains(name); }

  // A number; missing when left out or null.
  double number(const char* name) const {
    const Json* member = find(name);
    if (member == nullptr) return kMissing;
    if (!member->is_number()) wrong(name, *member, "a number or null");
    return member->get<double>();
  }

  // A whole number that must be there.
  double whole(const char* name) const {
    const Json* member = find(name);
    if (member == nullptr || !member->is_number_unsigned()) {
      wrong(name, member == nullptr ? Json() : *member, "a whole number, 0 or more");
    }
    return member->get<double>();
  }

  // A number as it is written; empty when left out or null.
  std::string digits(const char* name) const {
    return std::isnan(number(name)) ? std::string() : object_[name].dump();
  }

  std::string text(const char* name) const {
    const Json* member = find(name);
    if (member == nullptr) return {};
    if (!member->is_string()) wrong(name, *member, "a string");
    return member->get<std::string>();
  }

  Score score(const char* name) const {
    const Json* member = find(name);
    if (member == nullptr) return {};
    if (!member->is_object()) wrong(name, *member, "an object or null");
    const Fields fields(*member, where_);
    Score out;
    out.loss = fields.number("loss");
    out.accuracy = fields.number("accuracy");
    out.balanced_accuracy = fields.number("balanced_accuracy");
    out.r2 = fields.number("r2");
    out.mae = fields.number("mae");
    out.rmse = fields.number("rmse");
    out.baseline = fields.number("baseline");
    return out;
  }

  // A metric that is a number, or one for each class and their mean.
  double mean(const std::string& name) const {
    const Json* member = find(name.c_str());
    return member != nullptr && member->is_object() ? Fields(*member, where_).number("macro")
                                                    : number(name.c_str());
  }
  // The members of an object, by name; nothing of what is none.
  std::vector<std::pair<std::string, double>> numbers(const char* name) const {
    std::vector<std::pair<std::string, double>> out;
    const Json* member = find(name);
    if (member == nullptr || !member->is_object()) return out;
    const Fields fields(*member, where_);
    for (const auto& one : member->items()) out.emplace_back(one.key(), fields.number(one.key().c_str()));
    return out;
  }

 private:
  const Json* find(const char* name) const {
    const auto member = object_.find(name);
    return member == object_.end() || member->is_null() ? nullptr : &*member;
  }

  [[noreturn]] void wrong(const char* name, const Json& got, const char* want) const {
    const std::string shown = got.dump(-1, ' ', true, Json::error_handler_t::replace);
    fail(where_, std::string("`") + name + "` is wrong", in_quotes(shown), want);
  }

  const Json& object_;
  std::string where_;
};

std::string read_if_there(const std::filesystem::path& path) {
  return is_there(path) ? read_text_file(path, kLargestText) : std::string();
}

// A run resumed from a checkpoint does some updates again: what was written of them before is dropped.
void add_update(RunData& data, const Update& update) {
  while (!data.updates.empty() && data.updates.back().update >= update.update) data.updates.pop_back();
  while (!data.epochs.empty() && data.epochs.back().update > update.update) data.epochs.pop_back();
  data.updates.push_back(update);
}

void add_epoch(RunData& data, const Epoch& epoch) {
  while (!data.epochs.empty() && data.epochs.back().epoch >= epoch.epoch) data.epochs.pop_back();
  data.epochs.push_back(epoch);
}

void add_line(RunData& data, const Json& line, const std::string& where) {
  const Fields fields(line, where);
  if (fields.has("train_loss")) {
    Epoch epoch{fields.whole("update"), fields.whole("epoch"), fields.number("train_loss"),
                fields.score("test"), fields.number("seconds")};
    epoch.test.monitored = fields.number("monitored");
    add_epoch(data, epoch);
  } else if (fields.has("loss")) {
    add_update(data, {fields.whole("update"), fields.whole("epoch"), fields.number("loss"),
                      fields.number("lr"), fields.number("grad_norm")});
  } else {
    fail(where, "neither of an update nor of an epoch", in_quotes(line.dump()), "`loss` or `train_loss`");
  }
}

void read_metrics(const std::filesystem::path& path, RunData& data) {
  if (!is_there(path)) return;
  const std::string text = read_text_file(path, kLargestMetrics);
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    const bool torn = end == std::string::npos;
    const std::string_view line = std::string_view(text).substr(begin, torn ? end : end - begin);
    begin = torn ? text.size() : end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const Json json = Json::parse(line, nullptr, false);
    if (json.is_discarded() && torn) return;
    const std::string where = path.string() + ":" + std::to_string(number);
    if (json.is_discarded()) fail(where, "is not JSON", in_quotes(line), "one JSON object a line");
    add_line(data, json, where);
  }
}

// The metrics of each class, and their means last.
std::vector<ClassFigures> class_figures(const Fields& test) {
  std::vector<ClassFigures> out;
  const auto take = [&](const char* metric, double ClassFigures::*to) {
    for (const auto& [name, number] : test.numbers(metric)) {
      auto found = std::ranges::find(out, name, &ClassFigures::name);
      if (found == out.end()) found = out.insert(out.end(), {.name = name});
      (*found).*to = number;
    }
  };
  take("precision", &ClassFigures::precision);
  take("recall", &ClassFigures::recall);
  take("f1", &ClassFigures::f1);
  take("auc", &ClassFigures::auc);
  take("average_precision", &ClassFigures::average_precision);
  if (!out.empty()) take("rows", &ClassFigures::rows);  // which have no mean
  return out;
}

// Its name of the run, its weights and what it says of each class go to `data`.
Result read_result(const std::filesystem::path& path, RunData& data) {
  if (!is_there(path)) return {};
  const Json json = Json::parse(read_text_file(path, kLargestText), nullptr, false);
  if (json.is_discarded()) fail(path.string(), "is not JSON", {}, "a JSON object");
  const Fields fields(json, path.string());
  if (fields.number("schema") != 1) {
    fail(path.string(), "has another schema", fields.has("schema") ? json["schema"].dump() : "none",
         "schema 1");
  }
  Result result;
  result.there = true;
  data.name = fields.text("run");
  result.data = fields.text("data");
  result.model = fields.text("model");
  result.optimizer = fields.text("optimizer");
  data.weights.name = fields.text("weights");
  result.parameters = fields.number("parameters");
  result.state_bytes = fields.number("state_bytes");
  result.batch = fields.number("batch");
  result.epochs = fields.number("epochs");
  if (const auto best = json.find("best"); best != json.end() && best->is_object())
    data.weights.best_epoch = Fields(*best, path.string()).number("epoch");
  result.updates = fields.number("updates");
  result.seed = fields.digits("seed");
  result.threads = fields.number("threads");
  result.seconds = fields.number("seconds");
  data.samples_seen = fields.number("samples_seen");
  result.samples_per_second = fields.number("samples_per_second");
  result.train = fields.score("train");
  result.test = fields.score("test");
  data.reported = {fields.text("reported") == "test", fields.score("held_out")};
  if (const auto test = json.find("test"); test != json.end() && test->is_object()) {
    const Fields metrics(*test, path.string());
    data.by_class.log_loss = metrics.number("log_loss");
    data.by_class.classes = class_figures(metrics);
    if (data.asked.monitor != "loss") result.test.monitored = metrics.mean(data.asked.monitor);
  }
  return result;
}

// What a config.toml says of the run. Of one that no run can have, as of another version, nothing is taken.
void add_config(const std::string& text, RunData& data) {
  try {
    RunSettings settings;
    settings.read_text(text);
    const EarlyStoppingOptions& early = settings.config().early_stopping;
    data.asked.monitor = early.monitor;
    data.asked.restores_best = early.restore_best.value_or(early.patience > 0);
    data.asked.label = settings.config().keeping.name;
  } catch (const Error&) {
  }
}

// "runs/digits/", "." and ".." have names too.
std::string folder_name(const std::filesystem::path& run) {
  std::error_code failed;
  std::filesystem::path whole = std::filesystem::weakly_canonical(run, failed);
  if (failed) whole = run;
  return whole.has_filename() ? whole.filename().string() : whole.parent_path().filename().string();
}

}  // namespace

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

RunData read_run(const std::filesystem::path& run) {
  const std::filesystem::path metrics = run / "metrics.jsonl";
  const std::filesystem::path config = run / "config.toml";
  if (!is_there(metrics) && !is_there(config)) {
    fail(run.string(), "is not a run directory", {}, "a folder with metrics.jsonl and config.toml");
  }
  RunData data;
  read_metrics(metrics, data);
  data.config = read_if_there(config);
  add_config(data.config, data);
  data.result = read_result(run / "result.json", data);
  data.plan = read_if_there(run / "plan.txt");
  data.details = read_details(run / "details.jsonl");
  data.examples = read_examples(run / "examples.json");
  if (!data.examples.worst.empty() && data.examples.image.empty())
    data.examples.columns = read_source_columns(run / "encoding.json");
  data.environment = read_environment(run / "environment.json");
  if (data.name.empty()) data.name = folder_name(run);
  return data;
}

}  // namespace thalweg::page
