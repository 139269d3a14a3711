#include "compare/folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/json.h"
#include "base/spec.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

using Json = nlohmann::ordered_json;

std::filesystem::path runs_path(const std::filesystem::path& directory) { return directory / "runs.jsonl"; }

ComparedRun read_run(const Json& json) {
  ComparedRun run{.optimizer = json.at("optimizer").get<std::string>(),
                  .tuning = json.at("tuning").get<bool>(),
                  .factor = json.at("factor").get<double>(),
                  .seed = json.at("seed").get<std::uint64_t>(),
                  .diverged = json.at("diverged").get<bool>(),
                  .epochs = {}};
  for (const Json& epoch : json.at("epochs")) {
    run.epochs.push_back({.update = epoch.at(0).get<std::uint64_t>(),
                          .seconds = epoch.at(1).get<double>(),
                          .loss = epoch.at(2).get<double>(),
                          .score = epoch.at(3).get<double>()});
  }
  if (run.epochs.empty() && !run.diverged) throw std::invalid_argument("a run without epochs");
  return run;
}

// 0, or the system's number of the error.
int write_all(int file, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t wrote = ::write(file, text.data() + done, text.size() - done);
    if (wrote < 0 && errno != EINTR) return errno;
    if (wrote > 0) done += static_cast<std::size_t>(wrote);
  }
  return 0;
}

}  // namespace

std::filesystem::path make_comparison_directory() {
  const std::filesystem::path all = "comparisons";
  make_folder(all);
  std::error_code error;
  for (std::uint64_t n = 1;; ++n) {
    const std::filesystem::path one = all / std::to_string(n);
    if (std::filesystem::create_directory(one, error)) return one;
    if (error) {
      throw Error(Code::resource, {all.string(), "the folder cannot be made", error.message(), "", ""});
    }
  }
}

std::string settings_json(const RunConfig& config, const CompareOptions& options) {
  JsonObject out;
  out.add("schema", 1);
  for (const RunSetting& setting : run_settings()) {
    for (const char* name :
         {"data", "model", "loss", "batch", "accumulate", "nonfinite", "epochs", "order", "seed"}) {
      if (setting.name == name) out.add(name, setting.print(config));
    }
  }
  return out.add("rates", std::to_string(options.rates))
      .add("decades", print_number(options.decades))
      .add("tuning-seeds", std::to_string(options.tuning_seeds))
      .add("tuning-epochs", std::to_string(options.tuning_epochs.value_or(config.epochs.value_or(0))))
      .add("schedule", options.schedule)
      .text();
}

void check_settings(const std::filesystem::path& directory, const std::string& settings) {
  const std::filesystem::path path = directory / "settings.json";
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    if (std::filesystem::exists(runs_path(directory), error)) {
      throw Error(Code::data, {path.string(), "the file is missing", "", "a directory of `thalweg compare`",
                               "choose another folder"});
    }
    return replace_file(path, settings + "\n");
  }
  const Json old = Json::parse(read_text_file(path), nullptr, false);
  if (!old.is_object()) {
    throw Error(Code::data, {path.string(), "this is no JSON object", "", "settings of a comparison", ""});
  }
  const Json wanted = Json::parse(settings);
  for (const auto& [name, value] : wanted.items()) {
    const auto found = old.find(name);
    if (found != old.end() && *found == value) continue;
    throw Error(Code::usage,
                {directory.string(), "the comparison there has another `" + name + "`", value.dump(),
                 found == old.end() ? "" : found->dump(), "choose another folder with --out"});
  }
}

std::vector<ComparedRun> read_runs(const std::filesystem::path& directory) {
  const std::filesystem::path path = runs_path(directory);
  std::vector<ComparedRun> runs;
  if (!std::filesystem::exists(path)) return runs;
  const std::string text = read_text_file(path);
  std::size_t begin = 0, number = 0;
  for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    ++number;
    try {
      runs.push_back(read_run(Json::parse(text.substr(begin, end - begin))));
    } catch (const std::exception&) {
      throw Error(Code::data, {path.string() + ":" + std::to_string(number), "this is no run", "",
                               "a line that `thalweg compare` wrote", "remove the line, or the folder"});
    }
  }
  if (begin < text.size()) std::filesystem::resize_file(path, begin);
  return runs;
}

void append_run(const std::filesystem::path& directory, const ComparedRun& run) {
  const std::filesystem::path path = runs_path(directory);
  const std::string line = run_json(run) + "\n";
  int error = 0;
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file < 0) {
    error = errno;
  } else {
    error = write_all(file, line);
    if (::close(file) != 0 && error == 0) error = errno;
  }
  if (error == 0) return;
  throw Error(Code::resource, {path.string(), "cannot be written", system_message(error),
                               std::to_string(line.size()) + " bytes", ""});
}

std::string run_json(const ComparedRun& run) {
  JsonArray epochs;
  for (const ComparedEpoch& e : run.epochs) {
    JsonArray row;
    row.raw(std::to_string(e.update));
    for (const double number : {e.seconds, e.loss, e.score}) row.raw(json_number(number));
    epochs.raw(row.text());
  }
  return JsonObject()
      .add("optimizer", run.optimizer)
      .add("tuning", run.tuning)
      .add("factor", run.factor)
      .add("seed", run.seed)
      .add("diverged", run.diverged)
      .raw("epochs", epochs.text())
      .text();
}

}  // namespace thalweg
