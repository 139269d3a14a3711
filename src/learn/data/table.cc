#include "data/table.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "data/subset.h"

namespace thalweg {
namespace {

constexpr std::size_t kMostFeatures = std::size_t{1} << 18;
constexpr std::uint64_t kMostNumbers = std::uint64_t{1} << 28;

Error bad_target(const Table& table, std::size_t row, const std::string& what, const std::string& got,
                 const std::string& want) {
  return Error(Code::data, {table.place(row), what, got, want, ""});
}

std::string listed(const std::vector<std::string>& words) {
  constexpr std::size_t kMost = 10;
  const std::string out = join(std::span(words).first(std::min(words.size(), kMost)), ", ");
  return words.size() > kMost ? out + ", ... (" + std::to_string(words.size()) + ")" : out;
}

// Which of the levels each level of the column is; their number where it is none.
std::vector<std::size_t> match_levels(const TableColumn& column, const std::vector<std::string>& levels) {
  std::vector<std::size_t> out;
  for (const std::string& level : column.levels) {
    const auto found = std::lower_bound(levels.begin(), levels.end(), level);
    const bool known = found != levels.end() && *found == level;
    out.push_back(known ? static_cast<std::size_t>(found - levels.begin()) : levels.size());
  }
  return out;
}

// The class of every code or number of the target column.
class Classes {
 public:
  Classes(const Table& table, const TargetEncoding& targets)
      : column_(table.columns[table.inputs]),
        none_(targets.classes.size()),
        codes_(match_levels(column_, targets.classes)) {
    for (std::size_t i = 0; i < none_; ++i) {
      if (const auto number = read_number(targets.classes[i])) numbers_[*number] = i;
    }
  }

  // The number of classes where it is none.
  std::size_t of(double cell) const {
    if (column_.categorical) return codes_[static_cast<std::size_t>(cell)];
    const auto found = numbers_.find(cell);
    return found == numbers_.end() ? none_ : found->second;
  }
  std::string word(double cell) const {
    return column_.categorical ? column_.levels[static_cast<std::size_t>(cell)] : print_number(cell);
  }

 private:
  const TableColumn& column_;
  std::size_t none_;
  std::vector<std::size_t> codes_;
  std::map<double, std::size_t> numbers_;
};

std::vector<std::int32_t> find_labels(const Table& table, const TargetEncoding& targets) {
  const Classes classes(table, targets);
  std::vector<std::int32_t> labels(table.rows);
  for (std::size_t row = 0; row < table.rows; ++row) {
    const double cell = table.at(row, table.inputs);
    if (std::isnan(cell)) throw bad_target(table, row, "the target is missing", "", "a class");
    const std::size_t label = classes.of(cell);
    if (label == targets.classes.size()) {
      throw bad_target(table, row, "the target is not a class of the training part",
                       "`" + classes.word(cell) + "`", listed(targets.classes));
    }
    labels[row] = static_cast<std::int32_t>(label);
  }
  return labels;
}

std::vector<float> find_values(const Table& table, const TargetEncoding& targets) {
  std::vector<float> values;
  values.reserve(table.rows * targets.columns.size());
  for (std::size_t row = 0; row < table.rows; ++row) {
    for (std::size_t i = 0; i < targets.columns.size(); ++i) {
      const double x = table.at(row, table.inputs + i);
      if (std::isnan(x)) throw bad_target(table, row, "the target is missing", "", "a number");
      values.push_back(static_cast<float>((x - targets.scaling[i].offset) * targets.scaling[i].factor));
      if (std::isfinite(values.back())) continue;
      throw bad_target(table, row, "the target is too large", print_number(x), "");
    }
  }
  return values;
}

std::size_t count_features(const TableEncoding& encoding) {
  return std::accumulate(encoding.columns.begin(), encoding.columns.end(), std::size_t{0},
                         [](std::size_t sum, const ColumnEncoding& column) { return sum + column.width(); });
}

void encode_column(const Table& table, std::size_t column, const ColumnEncoding& encoding,
                   std::span<const std::uint32_t> rows, std::size_t features, float* out) {
  const std::vector<std::size_t> levels = match_levels(table.columns[column], encoding.levels);
  for (const std::uint32_t row : rows) {
    const double x = table.at(row, column);
    if (encoding.categorical) {
      const std::size_t level = std::isnan(x) ? encoding.levels.size() : levels[static_cast<std::size_t>(x)];
      if (level < encoding.levels.size()) out[level] = 1;
    } else {
      *out = static_cast<float>(((std::isnan(x) ? encoding.fill : x) - encoding.mean) / encoding.scale);
      if (!std::isfinite(*out)) {
        throw Error(Code::data, {table.place(row), "a number is too large for a float",
                                 print_number(x) + " of `" + encoding.name + "`", "", ""});
      }
    }
    out += features;
  }
}

struct Targeted {
  std::vector<std::int32_t> labels;
  std::vector<float> values;
};

Targeted find_targets(const Table& table, const TargetEncoding& targets) {
  if (table.targets() == 0) {
    throw Error(Code::data, {table.name, "there is no target", "", "`" + targets.columns[0].name + "`", ""});
  }
  if (!targets.classes.empty()) return {find_labels(table, targets), {}};
  return {{}, find_values(table, targets)};
}

// Encodes the rows named.
Samples encode(const Table& table, const TableEncoding& encoding, const Targeted& targets,
               std::vector<std::uint32_t> rows) {
  const std::size_t features = count_features(encoding);
  check_dense(table.name, table.rows, features, table.bytes);
  std::vector<float> inputs(rows.size() * features);
  std::size_t at = 0;
  const std::size_t columns = rows.empty() ? 0 : encoding.columns.size();  // no rows, no memory to point into
  for (std::size_t column = 0; column < columns; ++column) {
    encode_column(table, column, encoding.columns[column], rows, features, inputs.data() + at);
    at += encoding.columns[column].width();
  }
  Samples samples;
  samples.assign(features, std::move(inputs));
  append_rows(targets.labels, rows, 1, samples.labels);
  append_rows(targets.values, rows, encoding.targets.columns.size(), samples.values);
  samples.rows = std::move(rows);
  return samples;
}

std::string count_of(std::size_t n, const std::string& noun, const std::string& nouns) {
  return std::to_string(n) + " " + (n == 1 ? noun : nouns);
}

std::string print_column(const ColumnEncoding& column) {
  if (!column.categorical) return column.name + " (numeric)";
  return column.name + " (" + count_of(column.levels.size(), "level", "levels") + ")";
}

void describe(const TableEncoding& encoding, Dataset& data) {
  constexpr std::size_t kMostShown = 20;
  std::string columns;
  for (std::size_t i = 0; i < encoding.columns.size(); ++i) {
    const ColumnEncoding& column = encoding.columns[i];
    if (i < kMostShown) columns += (i > 0 ? ", " : "") + print_column(column);
    if (!column.categorical) data.feature_names.push_back(column.name);
    for (const std::string& level : column.levels) data.feature_names.push_back(column.name + "=" + level);
  }
  if (encoding.columns.size() > kMostShown) columns += ", ...";
  data.notes.push_back("inputs: " + count_of(encoding.columns.size(), "column", "columns") + ": " + columns);
  for (const TargetColumn& column : encoding.targets.columns) data.target_names.push_back(column.name);
  const std::string target = "target: " + listed(data.target_names);
  const std::size_t classes = encoding.targets.classes.size();
  data.notes.push_back(classes == 0 ? target + ", regression"
                                    : target + ", " + count_of(classes, "class", "classes") + ": " +
                                          listed(encoding.targets.classes));
  data.class_names = encoding.targets.classes;
  data.classes = classes;
  data.columns = encoding.targets.scaling.size();
  data.target_scaling = encoding.targets.scaling;
  data.sample = {static_cast<std::int64_t>(count_features(encoding))};
  data.encoding = print_encoding(encoding);
}

void check_table(const Table& table) {
  if (table.rows == 0) throw Error(Code::data, {table.name, "there are no rows", "", "one or more", ""});
  if (table.rows > UINT32_MAX) {
    throw Error(Code::data,
                {table.name, "there are too many rows", std::to_string(table.rows), "at most 2^32 - 1", ""});
  }
  if (table.inputs == 0) {
    throw Error(Code::data, {table.name, "there are no inputs", "one column", "two or more",
                             "name the delimiter if it is another"});
  }
}

// The rows of `first` and then those of `second`, whose columns are in the same order.
Table join(const Table& first, const Table& second) {
  Table out = first;
  out.rows += second.rows;
  out.bytes += second.bytes;
  std::vector<std::vector<double>> codes(out.columns.size());  // of the levels of `second`
  for (std::size_t i = 0; i < out.columns.size(); ++i) {
    for (const std::string& level : second.columns[i].levels) {
      std::vector<std::string>& levels = out.columns[i].levels;
      const auto found = std::find(levels.begin(), levels.end(), level);
      codes[i].push_back(static_cast<double>(found - levels.begin()));
      if (found == levels.end()) levels.push_back(level);
    }
  }
  out.at = [&first, &second, codes](std::size_t row, std::size_t column) {
    if (row < first.rows) return first.at(row, column);
    const double cell = second.at(row - first.rows, column);
    const bool word = second.columns[column].categorical && !std::isnan(cell);
    return word ? codes[column][static_cast<std::size_t>(cell)] : cell;
  };
  out.place = [&first, &second](std::size_t row) {
    return row < first.rows ? first.place(row) : second.place(row - first.rows);
  };
  return out;
}

// Everything in `test`, targets where they are to be had.
Dataset all_rows(const Table& table, const TableEncoding& encoding) {
  Dataset data;
  Targeted targets;
  try {
    targets = find_targets(table, encoding.targets);
  } catch (const Error& error) {
    data.notes.push_back(std::string("without targets: ") + error.what());
  }
  data.test = encode(table, encoding, targets, rows_where(std::vector<bool>(table.rows), false));
  data.train.assign(data.test.features(), std::vector<float>());
  describe(encoding, data);
  return data;
}

std::vector<bool> draw_held_out(const Table& table, const TargetEncoding& targets, std::uint64_t seed) {
  const std::size_t classes = targets.classes.size();
  if (classes > 0) return hold_out(find_targets(table, targets).labels, classes, seed);
  return hold_out(std::vector<std::int32_t>(table.rows), 1, seed);
}

}  // namespace

TableOptions read_table_options(const std::string& task, const std::string& scale) {
  return {.task = task == "classify"  ? Task::classify
                  : task == "regress" ? Task::regress
                                      : Task::automatic,
          .standardise = scale == "standard"};
}

void check_dense(const std::string& name, std::size_t rows, std::size_t features, std::uint64_t bytes) {
  std::uint64_t numbers = 0;
  const bool fits = !__builtin_mul_overflow(rows, features, &numbers);
  if (fits && features <= kMostFeatures && numbers <= std::max(kMostNumbers, bytes)) return;
  throw Error(Code::data, {name, "the inputs are too large as dense rows",
                           std::to_string(rows) + " rows of " + std::to_string(features) + " features",
                           "at most " + std::to_string(kMostFeatures) + " features, and " +
                               std::to_string(std::max(kMostNumbers, bytes)) + " numbers",
                           ""});
}

Dataset to_dataset(const Table& table, const Table* test, const TableOptions& options,
                   const Request& request) {
  check_table(table);
  if (test != nullptr) check_table(*test);
  const bool given = !request.encoding.empty();
  if (!given && table.targets() == 0) {
    throw Error(Code::data, {table.name, "there are no targets", "", "a target for each row", ""});
  }
  TableEncoding encoding = given ? read_table_encoding(request.encoding) : TableEncoding();
  TargetEncoding targets = given ? encoding.targets : derive_targets(table, options.task);
  std::vector<bool> held_out(table.rows);
  if (test == nullptr && !request.all) held_out = draw_held_out(table, targets, request.seed);
  if (!given) {
    encoding = derive_encoding(table, std::move(targets), options.standardise,
                               [&](std::size_t row) { return !held_out[row]; });
  }
  if (request.all) return all_rows(test != nullptr ? join(table, *test) : table, encoding);
  Dataset data;
  const Targeted found = find_targets(table, encoding.targets);
  data.train = encode(table, encoding, found, rows_where(held_out, false));
  if (test == nullptr) {
    data.test = encode(table, encoding, found, rows_where(held_out, true));
  } else {
    const Targeted others = find_targets(*test, encoding.targets);
    data.test = encode(*test, encoding, others, rows_where(std::vector<bool>(test->rows), false));
  }
  describe(encoding, data);
  data.notes.push_back("held out: " + std::to_string(data.test.size()) + " of " +
                       std::to_string(data.train.size() + data.test.size()) + " rows");
  return data;
}

}  // namespace thalweg
