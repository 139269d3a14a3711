#include "compare/folder.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <stdexcept>
#include <tuple>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/json.h"
#include "base/spec.h"
#include "thalweg/error.h"
#include "train/line_file.h"

namespace thalweg {
namespace {

using Json = nlohmann::ordered_json;

// A whole number as it is written: 1e300 is none.
std::uint64_t whole(const Json& json) {
  if (!json.is_number_unsigned()) throw std::invalid_argument("not a whole number");
  return json.get<std::uint64_t>();
}

ComparedTrial read_trial(const Json& json) {
  ComparedTrial trial{.optimizer = json.at("optimizer").get<std::string>(),
                      .name = json.value("name", ""),
                      .tuning = json.at("tuning").get<bool>(),
                      .factor = json.at("factor").get<double>(),
                      .seed = whole(json.at("seed")),
                      .diverged = json.at("diverged").get<bool>(),
                      .epochs = {}};
  if (trial.name == trial.optimizer) trial.name.clear();
  for (const Json& epoch : json.at("epochs")) {
    trial.epochs.push_back({.update = whole(epoch.at(0)),
                            .seconds = epoch.at(1).get<double>(),
                            .loss = epoch.at(2).get<double>(),
                            .score = epoch.at(3).is_null() ? NAN : epoch.at(3).get<double>()});
  }
  if (trial.epochs.empty() && !trial.diverged) throw std::invalid_argument("a run without epochs");
  if (!json.contains("metrics")) return trial;  // of tuning, or of before there were any
  if (!json.at("baseline").is_null()) trial.baseline = json.at("baseline").get<double>();
  for (const auto& [name, number] : json.at("metrics").items())
    trial.metrics.emplace_back(name, number.get<double>());
  return trial;
}

}  // namespace

ComparedTrial trial_of(const std::string& json) { return read_trial(Json::parse(json)); }

std::filesystem::path trials_path(const std::filesystem::path& directory) { return directory / "runs.jsonl"; }

std::string settings_json(const RunConfig& config, const CompareOptions& options) {
  JsonObject out;
  out.add("schema", 1);
  for (const RunSetting& setting : run_settings()) {
    for (const char* name : {"data", "model", "loss", "batch", "accumulate", "nonfinite", "epochs", "order",
                             "held-out", "test", "init", "seed"}) {
      if (setting.name == name) out.add(name, setting.print(config));
    }
  }
  return out.add("rates", std::to_string(options.rates))
      .add("decades", print_number(options.decades))
      .add("tuning-seeds", std::to_string(options.tuning_seeds))
      .add("tuning-epochs", std::to_string(options.tuning_epochs.value_or(config.epochs.value_or(0))))
      .add("schedule", options.schedule)
      .add("monitor", options.monitor)
      .text();
}

void check_settings(const std::filesystem::path& directory, const std::string& settings) {
  const std::filesystem::path path = directory / "settings.json";
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    if (std::filesystem::exists(trials_path(directory), error)) {
      throw Error(Code::data, {path.string(), "the file is missing", "", "a directory of `thalweg compare`",
                               "choose another folder"});
    }
    return replace_file(path, settings + "\n");
  }
  const Json old = Json::parse(read_text_file(path), nullptr, false);
  if (!old.is_object()) {
    throw Error(Code::data, {path.string(), "not a JSON object", "", "settings of a comparison", ""});
  }
  const Json wanted = Json::parse(settings);
  for (const auto& [name, value] : wanted.items()) {
    const auto found = old.find(name);
    if (found != old.end() && *found == value) continue;
    const bool by_default = (name == "monitor" && value == "") || (name == "init" && value == "drawn") ||
                            (name == "held-out" && value == "auto") || (name == "test" && value == "0");
    if (found == old.end() && by_default) continue;  // of before there was a choice
    throw Error(Code::usage,
                {directory.string(), "the comparison in it has a different `" + name + "`", value.dump(),
                 found == old.end() ? "" : found->dump(), "choose another folder with --out"});
  }
}

bool same_run(const ComparedTrial& a, const ComparedTrial& b) {
  const auto key = [](const ComparedTrial& t) { return std::tie(t.optimizer, t.tuning, t.factor, t.seed); };
  return key(a) == key(b);
}

std::vector<ComparedTrial> read_trials(const std::filesystem::path& directory) {
  std::vector<ComparedTrial> trials;
  for (const std::string& line : read_lines(trials_path(directory))) {
    const std::string where = trials_path(directory).string() + ":" + std::to_string(trials.size() + 1);
    try {
      trials.push_back(trial_of(line));
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception&) {
      throw Error(Code::data, {where, "not a run", "", "a line that `thalweg compare` wrote",
                               "remove the line, or the folder"});
    }
    const auto same = [&](const ComparedTrial& other) { return same_run(other, trials.back()); };
    const auto first = std::ranges::find_if(trials, same);
    if (first == trials.end() - 1) continue;
    throw Error(Code::data,
                {where, "a run is there twice", "line " + std::to_string(first - trials.begin() + 1) + " too",
                 "each run once", "remove one of the lines"});
  }
  cut_torn_line(trials_path(directory));
  return trials;
}

std::string trial_json(const ComparedTrial& trial) {
  const auto row = [](const ComparedEpoch& e) {
    return json_value(std::vector<double>{static_cast<double>(e.update), e.seconds, e.loss, e.score});
  };
  JsonObject out, metrics;
  for (const auto& [name, number] : trial.metrics) metrics.add(name, number);
  out.add("name", trial.name.empty() ? trial.optimizer : trial.name)
      .add("optimizer", trial.optimizer)
      .add("tuning", trial.tuning)
      .add("factor", trial.factor)
      .add("seed", trial.seed)
      .add("diverged", trial.diverged)
      .raw("epochs", json_list(trial.epochs, row));
  if (!trial.metrics.empty()) out.add("baseline", trial.baseline).raw("metrics", metrics.text());
  return out.text();
}

}  // namespace thalweg
