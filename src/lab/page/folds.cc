// The page of folds: what their runs say together, then the runs over each other.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/utf8.h"
#include "draw/html.h"
#include "draw/number.h"
#include "page/parts.h"
#include "page/render.h"
#include "thalweg/error.h"
#include "thalweg/lab/page.h"

namespace thalweg {
namespace page {
namespace {

using Json = nlohmann::ordered_json;  // metrics stand in their order

constexpr std::size_t kMostFolds = 10;  // columns of the table

double number_of(const Json& json) { return json.is_number() ? json.get<double>() : kMissing; }

std::string number_text(double number) { return known(number) ? significant(number, 4) : kNone; }

double mean_of(const Json& metrics, const char* name) {
  return metrics.contains(name) ? number_of(metrics[name]["mean"]) : kMissing;
}

// "accuracy 97.22 % \u00b1 0.5 %; the commonest class has 55 %", of the first that there is. Where one class
// has most samples the balanced accuracy comes before it, as in a run.
std::string headline(const Json& metrics, std::size_t folds) {
  const auto with_deviation = [&](const char* name, const auto& text) {
    return fmt::format("{} {} \u00b1 {}", metric_label(name), text(mean_of(metrics, name)),
                       text(number_of(metrics[name]["deviation"])));
  };
  const Score mean{.accuracy = mean_of(metrics, "accuracy"),
                   .balanced_accuracy = mean_of(metrics, "balanced_accuracy"),
                   .baseline = mean_of(metrics, "baseline")};
  std::string out = fmt::format("{} folds", folds);
  if (known(mean.accuracy)) {
    if (mean.is_dominated()) out += ": " + with_deviation("balanced_accuracy", percent);
    out += (mean.is_dominated() ? ", " : ": ") + with_deviation("accuracy", percent);
    return out + beside_accuracy(mean.baseline);
  }
  for (const char* name : {"r2", "loss"}) {
    if (known(mean_of(metrics, name))) return out + ": " + with_deviation(name, number_text);
  }
  return out;
}

std::string metrics_table(const Json& metrics, std::size_t folds, const std::string& id,
                          const std::string& of) {
  Table made;
  made.id = id;
  made.caption = of + ": the mean over the folds, their standard deviation (n \u2212 1), and each of them" +
                 (folds > kMostFolds ? fmt::format(", of which {} are shown.", kMostFolds) : ".");
  made.head = {"Metric", "Mean", "Deviation"};
  for (std::size_t fold = 1; fold <= std::min(folds, kMostFolds); ++fold)
    made.head.push_back(fmt::format("Fold {}", fold));
  for (const auto& [name, metric] : metrics.items()) {
    std::vector<std::string> row = {metric_label(name), number_text(number_of(metric["mean"])),
                                    number_text(number_of(metric["deviation"]))};
    for (std::size_t fold = 0; fold + 3 < made.head.size(); ++fold)
      row.push_back(number_text(fold < metric["folds"].size() ? number_of(metric["folds"][fold]) : kMissing));
    made.rows.push_back(std::move(row));
  }
  return table(made);
}

// The means over the folds for each class, with their deviations.
std::string classes_table(const Json& classes) {
  constexpr std::size_t kLongestClass = 60;
  if (!classes.is_object() || classes.empty()) return "";
  Table made;
  made.id = "classes";
  made.caption =
      "Each class against all others: the mean over the folds, and their standard deviation (n \u2212 1). "
      "Above stand the plain means over the classes.";
  made.head = {"Class"};
  for (const auto& [name, ignored] : classes.front().items()) made.head.push_back(metric_label(name));
  for (const auto& [name, metrics] : classes.items()) {
    std::vector<std::string> row = {shown(name, kLongestClass)};
    for (const auto& [metric, numbers] : metrics.items()) {
      const double mean = number_of(numbers["mean"]), deviation = number_of(numbers["deviation"]);
      row.push_back(number_text(mean) +
                    (known(mean) && known(deviation) ? " \u00b1 " + significant(deviation, 2) : ""));
    }
    made.rows.push_back(std::move(row));
  }
  return table(made);
}

}  // namespace
}  // namespace page

void write_folds_page(const std::filesystem::path& folds, const std::filesystem::path& out) {
  const std::filesystem::path path = folds / "folds.json";
  const page::Json json = page::Json::parse(read_text_file(path), nullptr, false);
  if (!json.is_object() || !json.contains("metrics") || !json["metrics"].is_object() ||
      !json.contains("runs") || !json["runs"].is_array()) {
    throw Error(Code::data,
                {path.string(), "not the result of folds", "", "what `thalweg train --folds` wrote", ""});
  }
  std::vector<page::RunData> runs;
  for (const page::Json& name : json["runs"]) runs.push_back(page::read_run(folds / name.get<std::string>()));
  std::string tables = page::metrics_table(json["metrics"], runs.size(), "folds",
                                           "Each model on the rows that it has not seen");
  if (json.contains("classes")) tables += page::classes_table(json["classes"]);
  if (json.contains("test_metrics") && json["test_metrics"].is_object())
    tables += page::metrics_table(json["test_metrics"], runs.size(), "test", "Each model on the test part");
  const std::string heading = page::headline(json["metrics"], runs.size());
  const std::string text = page::render_below(
      {.title = heading + " \u2013 " + shown(folds.filename().string()),
       .subject = fmt::format("{} folds", runs.size()),
       .heading = heading,
       .lead = page::lead("Cross-validation: each run holds out another fold, and trains on the "
                          "others."),
       .body = page::section("folds-section", "Over the folds", tables)},
      runs);
  out.empty() ? replace_file(folds / "report.html", text) : write_output(out, text);
}

}  // namespace thalweg
