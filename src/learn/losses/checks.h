// What evaluate() of a loss refuses: targets and weights that do not fit the predictions or are out of range.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "base/spec.h"
#include "losses/loss.h"
#include "thalweg/error.h"

namespace thalweg {

// How targets lie beside predictions.
struct Form {
  Wants wants;
  Layout layout;

  constexpr std::size_t target_columns(std::size_t columns) const {
    switch (layout) {
      case Layout::same:
        return columns;
      case Layout::halves:
        return columns / 2;
      case Layout::pair:
        return 1;
      case Layout::triplet:
        break;
    }
    return 0;
  }
  // What columns come in.
  constexpr std::size_t parts() const {
    return layout == Layout::same ? 1 : layout == Layout::triplet ? 3 : 2;
  }
  // Whether labels are the two values of a single target.
  constexpr bool is_binary(std::size_t columns) const {
    return (wants == Wants::shares || wants == Wants::signs) && target_columns(columns) == 1;
  }
  constexpr std::size_t classes(std::size_t columns) const {
    return is_binary(columns) ? 2 : target_columns(columns);
  }
};

namespace losses {

[[noreturn]] inline void fail(const std::string& loss, std::string what, std::string got, std::string want,
                              Code code = Code::usage, std::string hint = {}) {
  throw Error(code,
              {"loss `" + loss + "`", std::move(what), std::move(got), std::move(want), std::move(hint)});
}

inline std::string many(std::size_t n, const std::string& noun) { return std::to_string(n) + " " + noun; }

inline std::string row_of(std::size_t row) { return " in row " + std::to_string(row) + " of the batch"; }

// Throws for a label that is neither a class nor the ignored one; whether that one is among them.
inline bool check_labels(const std::string& loss, std::span<const std::int32_t> labels, std::size_t classes,
                         std::optional<std::int32_t> ignored) {
  bool found = false;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const bool ignores = ignored && labels[row] == *ignored;
    found = found || ignores;
    if (ignores || (labels[row] >= 0 && static_cast<std::size_t>(labels[row]) < classes)) continue;
    fail(loss, "a label is out of range" + row_of(row), std::to_string(labels[row]),
         "0 to " + std::to_string(classes - 1), Code::data);
  }
  return found;
}

template <class Takes, class T>
void check_values(const std::string& loss, std::span<const T> values, std::size_t columns, const Takes& takes,
                  const std::string& want) {
  const auto wrong = std::find_if_not(values.begin(), values.end(), takes);
  if (wrong == values.end()) return;
  const auto at = static_cast<std::size_t>(wrong - values.begin());
  fail(loss, "a target is out of range" + row_of(at / columns), print_number(static_cast<double>(*wrong)),
       want, Code::data, "a table keeps its targets as they are by target_scale=none");
}

template <class T>
void check_values(const std::string& loss, Wants wants, std::span<const T> values, std::size_t columns) {
  switch (wants) {
    case Wants::shares:
      return check_values(
          loss, values, columns, [](T x) { return x >= 0 && x <= 1; }, "0 to 1");
    case Wants::signs:
      return check_values(
          loss, values, columns, [](T x) { return x == 1 || x == -1; }, "-1 or 1");
    case Wants::classes:
    case Wants::amounts:
      return check_values(
          loss, values, columns, [](T x) { return x >= 0; }, "at least 0");
    case Wants::labels:
    case Wants::values:
    case Wants::nothing:
      break;
  }
}

inline void check_counts(const std::string& loss, const Form& form, const Targets& targets, std::size_t rows,
                         std::size_t of_target) {
  const std::size_t values = targets.values.size() + targets.exact.size();
  if (form.wants == Wants::labels && values > 0) fail(loss, "the targets are not labels", "values", "labels");
  if ((values > 0 && !targets.labels.empty()) || (!targets.values.empty() && !targets.exact.empty()))
    fail(loss, "there are two kinds of targets", "labels and values", "one of them");
  if (!targets.weights.empty() && targets.weights.size() != rows)
    fail(loss, "needs one weight per row", many(targets.weights.size(), "weights"), std::to_string(rows));
  if (form.wants == Wants::nothing) return;
  if (values == 0 && targets.labels.size() != rows)
    fail(loss, "needs one label per row", many(targets.labels.size(), "labels"), std::to_string(rows));
  const std::size_t wanted = rows * of_target;
  if (values > 0 && values != wanted) {
    fail(loss, form.layout == Layout::same ? "needs one target value per prediction" : "needs other targets",
         many(values, "values"), std::to_string(wanted));
  }
}

inline void check_weights(const std::string& loss, std::span<const double> weights) {
  for (std::size_t row = 0; row < weights.size(); ++row) {
    if (weights[row] >= 0 && std::isfinite(weights[row])) continue;
    fail(loss, "a weight is out of range" + row_of(row), print_number(weights[row]), "a number, at least 0",
         Code::data);
  }
}

}  // namespace losses
}  // namespace thalweg
