#include "run/metrics.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/json.h"
#include "run/result.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

// So that at most kMostLines of a run's `count` have a line.
std::uint64_t stride_of(std::uint64_t count) {
  constexpr std::uint64_t kMost = MetricsFile::kMostLines;
  return std::max<std::uint64_t>(1, count / kMost + (count % kMost != 0 ? 1 : 0));
}

}  // namespace

MetricsFile::MetricsFile(const std::filesystem::path& path, std::uint64_t total_updates,
                         std::uint64_t per_epoch)
    : file_(path),
      epochs_(total_updates / per_epoch),
      stride_(stride_of(total_updates)),
      epoch_stride_(stride_of(epochs_)) {}

void MetricsFile::update(const Report& report) {
  if ((report.update - 1) % stride_ != 0) return;
  file_.add(JsonObject()
                .add("update", report.update)
                .add("epoch", report.epoch)
                .add("loss", report.loss)
                .add("lr", report.lr)
                .add("grad_norm", report.grad_norm)
                .text());
}

void MetricsFile::epoch(const EpochReport& report) {
  if (report.epoch % epoch_stride_ != 0 && report.epoch != epochs_) return;
  JsonObject line;
  line.add("update", report.update)
      .add("epoch", report.epoch)
      .add("train_loss", report.train_loss)
      .raw("test", report.test ? evaluation_json(*report.test) : "null");
  if (report.monitored) line.add("monitored", *report.monitored);
  file_.add(line.add("seconds", report.seconds).text());
}

void MetricsFile::diverged(std::uint64_t update, std::uint64_t epoch) {
  file_.add(JsonObject()
                .add("update", update)
                .add("epoch", epoch)
                .add("loss", NAN)
                .add("lr", NAN)
                .add("grad_norm", NAN)
                .text());
}

double cut_metrics(const std::filesystem::path& path, std::uint64_t updates) {
  std::string kept;
  double seconds = 0;
  bool all = true;
  for (const std::string& line : read_lines(path)) {
    const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object() || !json.contains("update") || !json["update"].is_number_unsigned()) {
      throw Error(Code::data, {path.string(), "a line is not a metric", "`" + line.substr(0, 60) + "`",
                               "an object with `update`", ""});
    }
    all = all && json["update"].get<std::uint64_t>() <= updates;
    if (json["update"].get<std::uint64_t>() > updates) continue;
    if (json.contains("seconds") && json["seconds"].is_number()) seconds = json["seconds"].get<double>();
    kept += line + "\n";
  }
  if (!all) replace_file(path, kept);
  cut_torn_line(path);
  return seconds;
}

}  // namespace thalweg
