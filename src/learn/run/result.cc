#include "run/result.h"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "base/file.h"
#include "metrics/json.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

using Json = nlohmann::ordered_json;  // classes stand in their order

double number(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : Evaluation::kNone;
}

std::uint64_t whole(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

ClassMetric class_metric(const Json& object, const char* key, std::vector<std::string>& names) {
  ClassMetric out;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_object()) return out;
  names.clear();
  for (const auto& [name, value] : found->items()) {
    const double number = value.is_number() ? value.get<double>() : Evaluation::kNone;
    if (name == "macro") {
      out.macro = number;
    } else {
      names.push_back(name);
      out.of.push_back(number);
    }
  }
  return out;
}

ClassMetrics class_metrics(const Json& object) {
  ClassMetrics out;
  out.rows = class_metric(object, "rows", out.names).of;
  out.precision = class_metric(object, "precision", out.names);
  out.recall = class_metric(object, "recall", out.names);
  out.f1 = class_metric(object, "f1", out.names);
  out.auc = class_metric(object, "auc", out.names);
  out.average_precision = class_metric(object, "average_precision", out.names);
  out.balanced_accuracy = number(object, "balanced_accuracy");
  out.log_loss = number(object, "log_loss");
  for (std::string& name : out.names) name = name == class_key("macro") ? "macro" : name;
  if (!object.contains("confusion") || !object["confusion"].is_array()) return out;
  for (const Json& row : object["confusion"]) {
    std::vector<double>& to = out.confusion.emplace_back();
    for (const Json& cell : row) to.push_back(cell.is_number() ? cell.get<double>() : Evaluation::kNone);
  }
  return out;
}

Evaluation evaluation(const Json& object) {
  return {.samples = whole(object, "samples"),
          .loss = number(object, "loss"),
          .accuracy = number(object, "accuracy"),
          .r2 = number(object, "r2"),
          .mae = number(object, "mae"),
          .rmse = number(object, "rmse"),
          .baseline = number(object, "baseline"),
          .classes = class_metrics(object),
          .of = whole(object, "of")};
}

}  // namespace

std::string evaluation_json(const Evaluation& evaluation, bool whole) {
  JsonObject object;
  if (whole) return add_evaluation(object, evaluation).text();
  return add_short_metrics(object.add("loss", evaluation.loss), evaluation).text();
}

JsonObject& add_run(JsonObject& object, const std::filesystem::path& directory, const std::string& name) {
  return object.add("run", directory.string()).add("name", name);
}

JsonObject& add_result(JsonObject& object, const RunResult& result) {
  JsonObject best;
  if (result.best) {
    best.add("epoch", result.best->epoch)
        .add("update", result.best->update)
        .add("loss", result.best->loss)
        .add("metric", result.best->metric)
        .add("number", result.best->number);
  }
  return object.add("stopped", result.stopped_early ? "patience" : "epochs")
      .raw("best", result.best ? best.text() : "null")
      .add("weights", result.of_best ? "best" : "last")
      .add("seconds", result.seconds)
      .add("samples_seen", result.samples_seen)
      .add("samples_per_second",
           result.seconds > 0 ? static_cast<double>(result.samples_seen) / result.seconds : 0.0)
      .add("peak_bytes", result.peak_bytes)
      .add("estimated_bytes", result.estimated_bytes)
      .add("reported", result.reported)
      .raw("train", evaluation_json(result.train, true))
      .raw("held_out", result.held_out ? evaluation_json(*result.held_out, true) : "null")
      .raw("test", result.test ? evaluation_json(*result.test, true) : "null");
}

RunResult read_result(const std::string& text, const std::filesystem::path& path) {
  RunResult result;
  result.json = text;
  const Json json = Json::parse(result.json, nullptr, false);
  const auto is_object = [&](const char* key) { return json.contains(key) && json[key].is_object(); };
  if (!json.is_object() || !is_object("train")) {
    throw Error(Code::data, {path.string(), "not the result of a run", "", "what a finished run wrote",
                             "remove it and resume the run"});
  }
  result.train = evaluation(json["train"]);
  if (is_object("test")) result.test = evaluation(json["test"]);
  if (is_object("held_out")) result.held_out = evaluation(json["held_out"]);
  result.reported = result.held_out ? "test" : result.test ? "held_out" : "train";
  if (const auto found = json.find("reported"); found != json.end() && found->is_string())
    result.reported = found->get<std::string>();
  if (is_object("best")) {
    const Json& best = json["best"];
    result.best = {whole(best, "epoch"), whole(best, "update"), number(best, "loss")};
    result.best->number = result.best->loss;  // of a run from before there were others
    if (best.contains("metric") && best["metric"].is_string()) {
      result.best->metric = best["metric"].get<std::string>();
      result.best->number = number(best, "number");
    }
  }
  result.of_best = json.value("weights", Json()) == "best";
  result.stopped_early = json.value("stopped", Json()) == "patience";
  result.seconds = number(json, "seconds");
  result.samples_seen = whole(json, "samples_seen");
  result.peak_bytes = whole(json, "peak_bytes");
  result.estimated_bytes = whole(json, "estimated_bytes");
  return result;
}

}  // namespace thalweg
