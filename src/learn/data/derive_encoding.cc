// What the encoding of a table is, from its numbers and words.
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "data/table.h"

namespace thalweg {
namespace {

constexpr std::size_t kMostClasses = 10'000;
constexpr double kMargin = 0.5;  // of the range of targets, on either side

// The different numbers of a column, ascending; no more than `most` + 1 of them.
std::set<double> different(const Table& table, std::size_t column, std::size_t most) {
  std::set<double> found;
  for (std::size_t row = 0; row < table.rows && found.size() <= most; ++row) {
    const double x = table.at(row, column);
    if (!std::isnan(x)) found.insert(x == 0 ? 0 : x);  // -0 is 0
  }
  return found;
}

bool classifies(const Table& table, Task task) {
  const std::size_t target = table.inputs;
  if (task != Task::automatic) return task == Task::classify;
  if (table.targets() > 1) return false;
  if (table.columns[target].categorical) return true;
  const std::set<double> numbers = different(table, target, kMostGuessedClasses);
  const auto whole = [](double x) { return x == std::trunc(x); };
  return are_few(numbers.size(), table.rows) && std::all_of(numbers.begin(), numbers.end(), whole);
}

std::vector<std::string> sorted(std::vector<std::string> words) {
  std::sort(words.begin(), words.end());
  return words;
}

std::vector<std::string> find_classes(const Table& table) {
  const std::size_t target = table.inputs;
  if (table.targets() > 1) {
    throw Error(Code::data, {table.name, "classification takes one target per row",
                             std::to_string(table.targets()) + " targets", "one", "task=regress"});
  }
  std::vector<std::string> classes;
  if (table.columns[target].categorical) {
    classes = sorted(table.columns[target].levels);
  } else {
    const std::map<double, std::string>& spelled = table.columns[target].spelled;
    for (const double x : different(table, target, kMostClasses)) {
      const auto found = spelled.find(x);
      classes.push_back(found != spelled.end() ? found->second : print_number(x));
    }
  }
  if (classes.size() <= kMostClasses) return classes;
  throw Error(Code::data,
              {table.name, "there are too many classes", std::to_string(classes.size()) + " or more",
               "at most " + std::to_string(kMostClasses), "task=regress"});
}

// The mean of the numbers named, and their deviation from it; 1 where they are equal but for rounding.
struct Moments {
  double mean = 0;
  double deviation = 1;
  double rounding = 0;  // the largest to float, of numbers that differ
};

// Whether numbers with such a mean and variance may as well be equal ones that were computed in other ways:
// the rule of scikit-learn's StandardScaler. It expects an error for each number in a sum, of which ours,
// that is corrected number by number, gathers no more after a thousand.
bool is_rounding(double n, double mean, double variance) {
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  const double error = std::min(n, 1000.0) * kEpsilon;
  return variance <= error * variance + (error * mean) * (error * mean);
}

// Equal numbers but for rounding keep their unit, where what is left of them in it fits into a float.
Moments constant(double mean) {
  const double size = std::fabs(mean);
  return {.mean = mean, .deviation = size > std::numeric_limits<float>::max() ? size : 1};
}

Moments moments(const Table& table, std::size_t column, const RowTest& training) {
  double n = 0;
  double least = INFINITY;
  double most = -INFINITY;
  double rounding = 0;
  const auto each = [&](const auto& use) {
    for (std::size_t row = 0; row < table.rows; ++row) {
      const double x = training(row) ? table.at(row, column) : NAN;
      if (!std::isnan(x)) use(x);
    }
  };
  each([&](double x) {
    ++n;
    least = std::min(least, x);
    most = std::max(most, x);
    rounding = std::max(rounding, std::fabs(x - static_cast<double>(static_cast<float>(x))));
  });
  if (n == 0) return {};
  if (least == most) return constant(least + 0.0);
  // In a unit in which the largest is about 1, no square is too large or too small for a double; it is a
  // power of two, so that every digit stays.
  const int unit = std::ilogb(std::max(-least, most)) + 1;
  double mean = 0, count = 0, variance = 0;
  each([&](double x) { mean += (std::scalbn(x, -unit) - mean) / ++count; });
  each([&](double x) {
    const double off = std::scalbn(x, -unit) - mean;
    variance += off * off / n;
  });
  const double whole = std::scalbn(mean, unit) + 0.0;  // never -0, whose sign a text may lose
  if (is_rounding(n, mean, variance)) return constant(whole);
  return {whole, std::scalbn(std::sqrt(variance), unit), rounding};
}

// Numbers that are no longer told apart as a network meets them, in float.
bool blurs_in_float(const Moments& moments) {
  constexpr double kBlur = 0.01;
  return moments.rounding > kBlur * moments.deviation;
}

// How often each level of a column comes in the training part.
std::vector<std::size_t> count_levels(const Table& table, std::size_t column, const RowTest& training) {
  std::vector<std::size_t> counts(table.columns[column].levels.size());
  for (std::size_t row = 0; row < table.rows; ++row) {
    const double code = training(row) ? table.at(row, column) : NAN;
    if (!std::isnan(code)) ++counts[static_cast<std::size_t>(code)];
  }
  return counts;
}

// The levels of the training part; those that came once share `other`, unless all are kept.
void derive_levels(const Table& table, std::size_t column, const RowTest& training, ColumnEncoding& out) {
  const TableColumn& source = table.columns[column];
  const std::vector<std::size_t> counts = count_levels(table, column, training);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 1 || (counts[i] == 1 && source.kept)) out.levels.push_back(source.levels[i]);
    out.other = out.other || (counts[i] == 1 && !source.kept);
  }
  out.levels = sorted(std::move(out.levels));
}

ColumnEncoding derive_column(const Table& table, std::size_t column, bool standardise,
                             const RowTest& training, std::vector<std::string>& notes) {
  const TableColumn& source = table.columns[column];
  ColumnEncoding out{.name = source.name, .position = source.position, .categorical = source.categorical};
  if (source.categorical) {
    derive_levels(table, column, training, out);
    return out;
  }
  const Moments found = moments(table, column, training);
  out.fill = found.mean;
  if (standardise) {
    out.mean = found.mean;
    out.scale = found.deviation;
  } else if (blurs_in_float(found)) {
    notes.push_back(source.name +
                    ": its numbers lie so close together that a float hardly tells them apart; "
                    "scale=standard keeps them apart");
  }
  return out;
}

// The numbers of the training part and a margin on either side, as they are scaled.
Interval range_of(const Table& table, std::size_t column, const RowTest& training, const Scaling& scaling) {
  Interval seen{INFINITY, -INFINITY};
  for (std::size_t row = 0; row < table.rows; ++row) {
    if (!training(row)) continue;
    const double x = scaled(table.at(row, column), scaling);
    seen = {std::fmin(seen.least, x), std::fmax(seen.most, x)};
  }
  if (seen.least > seen.most) return {0, 0};  // there are none
  const double margin = kMargin * (seen.most - seen.least);
  return {seen.least - margin, seen.most + margin};
}

// "predictions: price from -50000 to 800000; clamp=false sets them free".
std::string range_note(const TargetEncoding& targets) {
  constexpr std::size_t kMostShown = 20;
  std::vector<std::string> told;
  for (std::size_t i = 0; i < std::min(kMostShown, targets.columns.size()); ++i) {
    const auto source = [&](double x) { return x / targets.scaling[i].factor + targets.scaling[i].offset; };
    told.push_back(fmt::format("{} from {:.4g} to {:.4g}", targets.columns[i].name,
                               source(targets.range[i].least), source(targets.range[i].most)));
  }
  if (targets.columns.size() > kMostShown) told.push_back("...");
  return "predictions: " + thalweg::join(told, ", ") + "; clamp=false sets them free";
}

void derive_targets_of_regression(const Table& table, const TableOptions& options, const RowTest& training,
                                  TargetEncoding& targets, std::vector<std::string>& notes) {
  if (!options.scale_targets) return targets.scaling.resize(table.targets());
  for (std::size_t i = table.inputs; i < table.columns.size(); ++i) {
    const Moments found = moments(table, i, training);
    targets.scaling.push_back(
        {found.mean, std::min(1 / found.deviation, std::numeric_limits<double>::max())});
    if (options.clamp) targets.range.push_back(range_of(table, i, training, targets.scaling.back()));
  }
  if (options.clamp) notes.push_back(range_note(targets));
}

}  // namespace

TableOptions read_table_options(const std::string& task, const std::string& scale,
                                const std::string& target_scale, bool clamp) {
  return {.task = task == "classify"  ? Task::classify
                  : task == "regress" ? Task::regress
                                      : Task::automatic,
          .standardise = scale == "standard",
          .scale_targets = target_scale == "standard",
          .clamp = clamp};
}

void set_weights(Table& table, const std::string& name, std::function<double(std::size_t row)> weight) {
  for (std::size_t row = 0; row < table.rows; ++row) {
    const double one = weight(row);
    if (one >= 0 && std::isfinite(one)) continue;
    const bool missing = std::isnan(one);
    throw Error(Code::data, {table.place(row), missing ? "a weight is missing" : "a weight is out of range",
                             (missing ? "" : print_number(one) + " of ") + "`" + name + "`",
                             "a number, at least 0", "give a row that is not to count the weight 0"});
  }
  table.weight = std::move(weight);
}

TableEncoding outline(const Table& table) {
  TableEncoding out{.named = table.named, .width = table.width, .text = table.text};
  out.columns.reserve(table.inputs);
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const TableColumn& column = table.columns[i];
    if (i < table.inputs) {
      out.columns.push_back(
          {.name = column.name, .position = column.position, .categorical = column.categorical});
    } else {
      out.targets.columns.push_back({column.name, column.position});
      out.targets.categorical = column.categorical;
    }
  }
  return out;
}

std::vector<std::size_t> telling_inputs(const Table& table, const RowTest& training) {
  std::size_t rows = 0;
  for (std::size_t row = 0; row < table.rows; ++row) rows += training(row) ? 1 : 0;
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < table.inputs; ++i) {
    const bool guessed = table.columns[i].categorical && !table.columns[i].kept;
    const std::vector<std::size_t> counts =
        guessed ? count_levels(table, i, training) : std::vector<std::size_t>();
    if (2 * static_cast<std::size_t>(std::count(counts.begin(), counts.end(), 1u)) <= rows) out.push_back(i);
  }
  return out;
}

TargetEncoding derive_targets(const Table& table, Task task) {
  TargetEncoding targets = outline(table).targets;
  if (classifies(table, task)) targets.classes = find_classes(table);
  return targets;
}

TableEncoding derive_encoding(const Table& table, TargetEncoding targets, const TableOptions& options,
                              const RowTest& training, std::vector<std::string>& notes) {
  TableEncoding out{.named = table.named, .width = table.width, .text = table.text};
  out.targets = std::move(targets);
  out.columns.reserve(table.inputs);
  for (std::size_t i = 0; i < table.inputs; ++i) {
    out.columns.push_back(derive_column(table, i, options.standardise, training, notes));
  }
  const auto is_empty = [](const ColumnEncoding& column) { return column.width() == 0; };
  if (std::ranges::all_of(out.columns, is_empty)) {
    throw Error(Code::data, {table.name, "no input is left",
                             "`" + out.columns.front().name + "` without a word in the rows to train on",
                             "an input with values where there is a target", ""});
  }
  if (out.targets.classes.empty()) derive_targets_of_regression(table, options, training, out.targets, notes);
  return out;
}

}  // namespace thalweg
