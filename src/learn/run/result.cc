#include "run/result.h"

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

using Json = nlohmann::json;

double number(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : Evaluation::kNone;
}

std::uint64_t whole(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

Evaluation evaluation(const Json& object) {
  return {whole(object, "samples"), number(object, "loss"), number(object, "accuracy"), number(object, "r2"),
          number(object, "mae")};
}

}  // namespace

std::string evaluation_json(const Evaluation& evaluation, bool samples) {
  JsonObject object;
  if (samples) object.add("samples", evaluation.samples);
  object.add("loss", evaluation.loss).add("accuracy", evaluation.accuracy);
  const bool values = evaluation.accuracy != evaluation.accuracy;
  if (values) object.add("r2", evaluation.r2).add("mae", evaluation.mae);
  if (const auto why = evaluation.r2_undefined(); samples && !why.empty()) object.add("r2_undefined", why);
  return object.text();
}

JsonObject& add_result(JsonObject& object, const RunResult& result) {
  JsonObject best;
  if (result.best) {
    best.add("epoch", result.best->epoch).add("update", result.best->update).add("loss", result.best->loss);
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
      .raw("train", evaluation_json(result.train, true))
      .raw("test", result.test ? evaluation_json(*result.test, true) : "null");
}

RunResult read_result(const std::filesystem::path& path) {
  RunResult result;
  result.json = read_text_file(path);
  const Json json = Json::parse(result.json, nullptr, false);
  const auto is_object = [&](const char* key) { return json.contains(key) && json[key].is_object(); };
  if (!json.is_object() || !is_object("train")) {
    throw Error(Code::data, {path.string(), "not the result of a run", "", "what a finished run wrote",
                             "remove it and resume the run"});
  }
  result.train = evaluation(json["train"]);
  if (is_object("test")) result.test = evaluation(json["test"]);
  if (is_object("best")) {
    const Json& best = json["best"];
    result.best = {whole(best, "epoch"), whole(best, "update"), number(best, "loss")};
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
