// How well each class is told from the others.
#include <algorithm>

#include "base/utf8.h"
#include "draw/html.h"
#include "draw/number.h"
#include "page/parts.h"
#include "thalweg/metrics.h"

namespace thalweg::page {
namespace {

constexpr std::size_t kMostClasses = 200;  // rows of the table
constexpr std::size_t kLongestClass = 60;

}  // namespace

std::string metric_label(const std::string& name) {
  if (name == "r2") return "R\u00b2";
  if (name == "mae") return "mean absolute error";
  std::string out = name;
  std::ranges::replace(out, '_', ' ');
  if (name == "auc" || name == "rmse" || name == "f1")
    std::ranges::transform(out, out.begin(), [](char c) { return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c; });
  return shown(out, kLongestClass);
}

bool is_higher_better(const std::string& name) {
  const auto found = std::ranges::find(metrics(), name, &Metric::name);
  return found != metrics().end() && found->higher_is_better;
}

std::string classes_section(const RunData& data) {
  const std::vector<ClassFigures>& classes = data.by_class.classes;
  if (classes.empty()) return "";
  Table made;
  made.id = "classes";
  made.head = {"Class", "Rows", "Precision", "Recall", "F1", "AUC", "Average precision"};
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const bool mean = i + 1 == classes.size();
    if (i >= kMostClasses && !mean) continue;
    const ClassFigures& one = classes[i];
    made.rows.push_back(
        {mean ? "mean" : shown(one.name, kLongestClass), known(one.rows) ? count(one.rows) : kNone});
    for (const double number : {one.precision, one.recall, one.f1, one.auc, one.average_precision})
      made.rows.back().push_back(known(number) ? fixed(number, 4) : kNone);
  }
  made.marked = made.rows.size() - 1;
  made.caption = "Each class against all others, on " + part_of(data) +
                 " samples; in bold the plain mean over the classes";
  if (classes.size() > kMostClasses + 1)
    made.caption += ", of which " + count(kMostClasses) + " of " + count(classes.size() - 1) + " are listed";
  made.caption +=
      ". A dash is not defined: the precision of a class that is never predicted, the recall of one "
      "that does not occur.";
  if (known(data.by_class.log_loss))
    made.caption += " Log loss " + significant(data.by_class.log_loss, 4) + ".";
  return section("classes", "Metrics by class", table(made));
}

}  // namespace thalweg::page
