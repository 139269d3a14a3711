#include "folds/summary.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/utf8.h"

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
  const auto add = [&](std::string_view name, const auto& number) {
    std::vector<double> of;
    for (const RunResult& run : runs) {
      const std::optional<Evaluation>& evaluation = read(run);
      of.push_back(evaluation ? number(*evaluation) : NAN);
    }
    if (std::ranges::any_of(of, [](double one) { return one == one; }))
      out.push_back(metric_over(std::string(name), std::move(of)));
  };
  for (const Metric& metric : metrics()) {
    add(metric.name, metric.read);
    // It stands behind what it is to be compared with.
    if (metric.name != "accuracy" && metric.name != "rmse") continue;
    add("baseline", [&](const Evaluation& e) {
      const double beside = metric.read(e);
      return beside == beside ? e.baseline : NAN;
    });
  }
  return out;
}

constexpr std::pair<const char*, ClassMetric ClassMetrics::*> kOfClasses[] = {
    {"precision", &ClassMetrics::precision},
    {"recall", &ClassMetrics::recall},
    {"f1", &ClassMetrics::f1},
    {"auc", &ClassMetrics::auc},
    {"average_precision", &ClassMetrics::average_precision}};

// The numbers of each class, in the order of the first run that has them.
template <class Read>
std::vector<FoldClass> classes_over(const std::vector<RunResult>& runs, const Read& read) {
  std::vector<std::string> names;
  for (const RunResult& run : runs) {
    if (names.empty() && read(run)) names = read(run)->classes.names;
  }
  std::vector<FoldClass> out;
  for (const std::string& name : names.size() > kMostFoldClasses ? std::vector<std::string>() : names) {
    FoldClass& one = out.emplace_back(FoldClass{.name = name, .metrics = {}});
    const auto add = [&](const char* metric, const auto& numbers) {
      std::vector<double> of;
      for (const RunResult& run : runs) {
        const ClassMetrics none, &classes = read(run) ? read(run)->classes : none;
        const auto at = std::ranges::find(classes.names, name) - classes.names.begin();
        const std::vector<double>& all = numbers(classes);
        of.push_back(at < std::ssize(all) ? all[static_cast<std::size_t>(at)] : NAN);
      }
      one.metrics.push_back(metric_over(metric, std::move(of)));
    };
    add("rows", [](const ClassMetrics& c) -> const std::vector<double>& { return c.rows; });
    for (const auto& [metric, member] : kOfClasses)
      add(metric, [&](const ClassMetrics& c) -> const std::vector<double>& { return (c.*member).of; });
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

std::string classes_json(const std::vector<FoldClass>& classes) {
  JsonObject out;
  for (const FoldClass& one : classes) out.raw(one.name, metrics_json(one.metrics));
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

// A line for each class: the means over the folds with their deviations.
std::string classes_table(const std::vector<FoldClass>& classes) {
  constexpr std::size_t kLongestName = 40, kColumn = 19;
  std::size_t width = std::string_view("class").size();
  for (const FoldClass& one : classes)
    width = std::max(width, fmt::formatted_size("{}", shown(one.name, kLongestName)));
  std::string out = fmt::format("\n{:<{}}", "class", width);
  for (const FoldMetric& metric : classes.front().metrics)
    out += fmt::format(" {:>{}}", metric.name, kColumn);
  for (const FoldClass& one : classes) {
    out += fmt::format("\n{:<{}}", shown(one.name, kLongestName), width);
    for (const FoldMetric& metric : one.metrics) {
      const std::string deviation =
          metric.deviation == metric.deviation ? fmt::format(" +- {:.2g}", metric.deviation) : "";
      out += fmt::format(" {:>{}}", number_text(metric.mean) + deviation, kColumn);
    }
  }
  return out + "\neach class against all others; above, the plain means over the classes\n";
}

}  // namespace

void summarise(FoldsResult& result) {
  result.held_out = metrics_over(result.runs, on_its_fold);
  result.classes = classes_over(result.runs, on_its_fold);
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
      .raw("classes", result.classes.empty() ? "null" : classes_json(result.classes))
      .raw("test_metrics", result.test.empty() ? "null" : metrics_json(result.test));
  return out.text() + "\n";
}

std::string FoldsResult::text() const {
  std::string out = table(held_out, runs.size());
  if (!classes.empty()) out += classes_table(classes);
  if (!test.empty()) out += "\nof the test part, by the model of each fold\n" + table(test, runs.size());
  return out;
}

}  // namespace thalweg
