// What the encoding of a table is, from its numbers and words.
#include <algorithm>
#include <cmath>
#include <set>

#include "data/table.h"

namespace thalweg {
namespace {

constexpr std::size_t kMostClasses = 10'000;

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

// The mean of the numbers named, and their deviation from it; 1 where they are equal.
struct Moments {
  double mean = 0;
  double deviation = 1;
};

Moments moments(const Table& table, std::size_t column, const RowTest& training) {
  Moments out;
  double n = 0;
  double least = INFINITY;
  double most = -INFINITY;
  const auto each = [&](const auto& use) {
    for (std::size_t row = 0; row < table.rows; ++row) {
      const double x = training(row) ? table.at(row, column) : NAN;
      if (!std::isnan(x)) use(x);
    }
  };
  each([&](double x) {
    out.mean += (x - out.mean) / ++n;
    least = std::min(least, x);
    most = std::max(most, x);
  });
  out.mean += 0.0;  // never -0, whose sign a text may lose
  if (n == 0 || least == most) return {n == 0 ? 0 : least + 0.0, 1};
  double squares = 0;
  each([&](double x) { squares += (x - out.mean) * (x - out.mean) / n; });
  out.deviation = std::sqrt(squares);
  if (!std::isfinite(out.mean) || !std::isfinite(out.deviation)) {
    throw Error(Code::data, {table.name, "the numbers of a column are too large to be standardised",
                             "`" + table.columns[column].name + "`", "", "scale=none"});
  }
  if (out.deviation == 0) out.deviation = 1;  // the squares are too small for a double
  return out;
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
                             const RowTest& training) {
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
  }
  return out;
}

void derive_target_scaling(const Table& table, const RowTest& training, TargetEncoding& targets) {
  if (!targets.classes.empty()) return;
  for (std::size_t i = table.inputs; i < table.columns.size(); ++i) {
    const Moments found = moments(table, i, training);
    targets.scaling.push_back({found.mean, 1 / found.deviation});
  }
}

}  // namespace

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

TableEncoding derive_encoding(const Table& table, TargetEncoding targets, bool standardise,
                              const RowTest& training) {
  TableEncoding out{.named = table.named, .width = table.width, .text = table.text};
  out.targets = std::move(targets);
  out.columns.reserve(table.inputs);
  for (std::size_t i = 0; i < table.inputs; ++i) {
    out.columns.push_back(derive_column(table, i, standardise, training));
  }
  derive_target_scaling(table, training, out.targets);
  return out;
}

}  // namespace thalweg
