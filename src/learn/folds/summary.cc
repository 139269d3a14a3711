#include "folds/summary.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"

namespace thalweg {
namespace {

constexpr std::size_t kMostShown = 10;  // folds of a table

FoldMetric metric_over(const std::string& name, std::vector<double> of) {
  FoldMetric out{.name = name, .mean = NAN, .deviation = NAN, .of = std::move(of)};
  double sum = 0, squares = 0, n = 0;
  for (const double number : out.of) {
    if (number == number) sum += number, ++n;
  }
  if (n == 0) return out;
  out.mean = sum / n;
  for (const double number : out.of) {
    if (number == number) squares += (number - out.mean) * (number - out.mean);
  }
  if (n > 1) out.deviation = std::sqrt(squares / (n - 1));
  return out;
}

// Nothing where no run has such an evaluation.
template <class Read>
std::vector<FoldMetric> metrics_over(const std::vector<RunResult>& runs, const Read& read) {
  std::vector<FoldMetric> out;
  for (const Metric& metric : metrics()) {
    std::vector<double> of;
    for (const RunResult& run : runs) {
      const std::optional<Evaluation>& evaluation = read(run);
      of.push_back(evaluation ? metric.read(*evaluation) : NAN);
    }
    if (std::ranges::any_of(of, [](double number) { return number == number; }))
      out.push_back(metric_over(std::string(metric.name), std::move(of)));
  }
  return out;
}

const std::optional<Evaluation>& on_its_fold(const RunResult& run) {
  return run.reported == "test" ? run.held_out : run.test;
}

const std::optional<Evaluation>& on_the_test_part(const RunResult& run) {
  static const std::optional<Evaluation> kNone;
  return run.reported == "test" ? run.test : kNone;
}

std::string metrics_json(const std::vector<FoldMetric>& metrics) {
  JsonObject out;
  for (const FoldMetric& metric : metrics) {
    out.raw(metric.name, JsonObject()
                             .add("mean", metric.mean)
                             .add("deviation", metric.deviation)
                             .add("folds", metric.of)
                             .text());
  }
  return out.text();
}

std::string number_text(double number) { return number == number ? fmt::format("{:.4g}", number) : "-"; }

std::string table(const std::vector<FoldMetric>& metrics, std::size_t folds) {
  const std::size_t columns = std::min(folds, kMostShown);
  std::string out = fmt::format("{:<18} {:>9} {:>9} ", "metric", "mean", "deviation");
  for (std::size_t fold = 1; fold <= columns; ++fold)
    out += fmt::format(" {:>9}", fmt::format("fold {}", fold));
  out += columns < folds ? "  ...\n" : "\n";
  for (const FoldMetric& metric : metrics) {
    out += fmt::format("{:<18} {:>9} {:>9} ", metric.name, number_text(metric.mean),
                       number_text(metric.deviation));
    for (std::size_t fold = 0; fold < columns; ++fold)
      out += fmt::format(" {:>9}", number_text(metric.of[fold]));
    out += "\n";
  }
  return out;
}

}  // namespace

void summarise(FoldsResult& result) {
  result.held_out = metrics_over(result.runs, on_its_fold);
  result.test = metrics_over(result.runs, on_the_test_part);
}

std::string folds_json(const FoldsResult& result, const std::filesystem::path& directory) {
  const auto first = nlohmann::json::parse(result.runs.front().json, nullptr, false);
  const auto text = [&](const char* key) {
    return first.contains(key) && first[key].is_string() ? first[key].get<std::string>() : std::string();
  };
  std::vector<std::string> names;
  double seconds = 0;
  for (std::size_t i = 0; i < result.runs.size(); ++i) {
    names.push_back("fold-" + std::to_string(i + 1));
    seconds += result.runs[i].seconds;
  }
  JsonObject out;
  out.add("schema", 1)
      .add("run", directory.string())
      .add("folds", result.runs.size())
      .add("runs", names)
      .add("data", text("data"))
      .add("model", text("model"))
      .add("loss", text("loss"))
      .add("optimizer", text("optimizer"))
      .add("seconds", seconds)
      .raw("metrics", metrics_json(result.held_out))
      .raw("test_metrics", result.test.empty() ? "null" : metrics_json(result.test));
  return out.text() + "\n";
}

std::string FoldsResult::text() const {
  std::string out = table(held_out, runs.size());
  if (!test.empty()) out += "\nof the test part, by the model of each fold\n" + table(test, runs.size());
  return out;
}

}  // namespace thalweg
