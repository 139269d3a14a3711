#include "metrics/json.h"

#include "metrics/score.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

std::string class_metric_json(const std::vector<std::string>& names, const ClassMetric& metric) {
  JsonObject out;
  const bool listed = names.size() <= kMostListed;
  for (std::size_t c = 0; listed && c < names.size(); ++c)
    out.add(class_key(names[c]), c < metric.of.size() ? metric.of[c] : ClassMetrics::kNone);
  return out.add("macro", metric.macro).text();
}

std::string rows_json(const ClassMetrics& classes) {
  JsonObject out;
  const bool listed = classes.names.size() <= kMostListed && classes.rows.size() == classes.names.size();
  for (std::size_t c = 0; listed && c < classes.names.size(); ++c)
    out.add(class_key(classes.names[c]), classes.rows[c]);
  return out.text();
}

bool is_measured(const Metric& metric, const Dataset& data, const Loss& loss, std::size_t outputs) {
  const bool classes = data.classes > 0;
  switch (metric.kind) {
    case Metric::Kind::loss:
      return true;
    case Metric::Kind::classes:
    case Metric::Kind::scores:
      return classes && tells_classes(loss);
    case Metric::Kind::probabilities:
      return tells_probabilities(loss, outputs, data.classes);
    case Metric::Kind::values:
      return !classes && tells_values(loss);
  }
  return false;
}

}  // namespace

std::string class_key(const std::string& name) { return name == "macro" ? "macro (class)" : name; }

JsonObject& add_short_metrics(JsonObject& object, const Evaluation& e) {
  object.add("accuracy", e.accuracy);
  if (e.accuracy == e.accuracy) {
    object.add("balanced_accuracy", e.classes.balanced_accuracy);
  } else {
    object.add("r2", e.r2).add("mae", e.mae).add("rmse", e.rmse);
  }
  return object.add("baseline", e.baseline);
}

JsonObject& add_metrics(JsonObject& object, const Evaluation& e) {
  add_short_metrics(object, e);
  if (e.accuracy != e.accuracy) return object;
  const ClassMetrics& c = e.classes;
  const auto one = [&](const char* name, const ClassMetric& metric) {
    object.raw(name, class_metric_json(c.names, metric));
  };
  object.raw("rows", rows_json(c));
  one("precision", c.precision);
  one("recall", c.recall);
  one("f1", c.f1);
  one("auc", c.auc);
  one("average_precision", c.average_precision);
  return object.add("log_loss", c.log_loss)
      .raw("confusion", c.confusion.empty() ? "null" : json_value(c.confusion));
}

JsonObject& add_evaluation(JsonObject& object, const Evaluation& e) {
  object.add("samples", e.samples);
  if (e.of > 0) object.add("of", e.of);
  add_metrics(object.add("loss", e.loss), e);
  return e.r2_undefined().empty() ? object : object.add("r2_undefined", e.r2_undefined());
}

std::string metrics_json(const Evaluation& evaluation) {
  JsonObject out;
  for (const Metric& metric : metrics()) {
    const double number = metric.read(evaluation);
    if (metric.kind != Metric::Kind::loss && number == number) out.add(metric.name, number);
  }
  return out.text();
}

void check_measured(const Metric& metric, const Dataset& data, const Loss& loss, std::size_t outputs,
                    const char* where) {
  if (metric.kind == Metric::Kind::loss) return;
  const auto refuse = [&](const char* what, std::string want) {
    throw Error(Code::usage, {where, what, "`" + std::string(metric.name) + "`", std::move(want), ""});
  };
  if (data.choosing().size() == 0) refuse("nothing is held out to measure it on", "loss");
  if (is_measured(metric, data, loss, outputs)) return;
  std::string others;
  for (const Metric& other : metrics()) {
    if (is_measured(other, data, loss, outputs))
      others += (others.empty() ? "" : ", ") + std::string(other.name);
  }
  refuse(
      data.classes == 0 ? "not measured of values with this loss" : "not measured of classes with this loss",
      others);
}

}  // namespace thalweg
