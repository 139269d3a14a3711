// Metrics as JSON.
#pragma once

#include "base/json.h"
#include "thalweg/dataset.h"
#include "thalweg/loss.h"
#include "thalweg/metrics.h"

namespace thalweg {

// Adds accuracy (null for values), and for classes balanced_accuracy; rows, of every class by its name;
// precision, recall, f1, auc and
// average_precision, each an object of the number of every class by its name and of "macro"; log_loss,
// baseline and confusion, rows of true classes. For values r2, mae, rmse and baseline. What is undefined is
// null. A class that is called macro stands as "macro (class)", more than kMostListed classes are not listed.
inline constexpr std::size_t kMostListed = 1000;
JsonObject& add_metrics(JsonObject& object, const Evaluation& evaluation);

// Adds samples, loss, what add_metrics() has and, where there is no R2 of values, r2_undefined, which says
// why.
JsonObject& add_evaluation(JsonObject& object, const Evaluation& evaluation);

// The same in short, for every epoch: accuracy, balanced_accuracy and baseline, or r2, mae, rmse and
// baseline.
JsonObject& add_short_metrics(JsonObject& object, const Evaluation& evaluation);

// Every metric but the loss that has a number, by its name; of those of each class the macro mean.
std::string metrics_json(const Evaluation& evaluation);

// What the number of a class is called in these objects.
std::string class_key(const std::string& name);

// Throws Error(usage), which names those that are, for a metric that is not measured of a model with so many
// outputs, trained by `loss` on `data`, and for any but the loss where nothing is held out.
void check_measured(const Metric& metric, const Dataset& data, const Loss& loss, std::size_t outputs,
                    const char* where = "monitor");

}  // namespace thalweg
